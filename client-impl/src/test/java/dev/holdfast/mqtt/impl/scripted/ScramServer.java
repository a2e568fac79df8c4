package dev.holdfast.mqtt.impl.scripted;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one exchange of SCRAM-SHA-256, written from RFC 5802 without a look at the
 * client's: keys by the JDK's PBKDF2, the proof checked by what the server would have stored.
 */
final class ScramServer {
    private static final byte[] SALT = "some salt of ours".getBytes(UTF_8);

    private final char[] password;
    private final int iterations;
    private String clientFirstBare = "";
    private String serverFirst = "";

    ScramServer(String password, int iterations) {
        this.password = password.toCharArray();
        this.iterations = iterations;
    }

    /** Takes the client's first message; gives the server's. */
    String first(ByteBuffer clientFirst) {
        clientFirstBare = AuthenticationTest.text(clientFirst).substring("n,,".length());
        String nonce = clientFirstBare.substring(clientFirstBare.indexOf(",r=") + 3);
        String salt = Base64.getEncoder().encodeToString(SALT);
        serverFirst = "r=" + nonce + "OfServer,s=" + salt + ",i=" + iterations;
        return serverFirst;
    }

    /** Takes the client's proof; gives the server's signature, or null if the proof is wrong. */
    @Nullable String last(ByteBuffer clientFinal) {
        String message = AuthenticationTest.text(clientFinal);
        int end = message.lastIndexOf(",p=");
        String authMessage = clientFirstBare + "," + serverFirst + "," + message.substring(0, end);
        byte[] proof = Base64.getDecoder().decode(message.substring(end + 3));
        try {
            byte[] salted =
                    SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                            .generateSecret(new PBEKeySpec(password, SALT, iterations, 256))
                            .getEncoded();
            byte[] clientKey = hmac(salted, "Client Key");
            byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
            byte[] signature = hmac(storedKey, authMessage);
            for (int i = 0; i < proof.length; i++) {
                if ((proof[i] ^ signature[i]) != clientKey[i]) {
                    return null;
                }
            }
            byte[] own = hmac(hmac(salted, "Server Key"), authMessage);
            return "v=" + Base64.getEncoder().encodeToString(own);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] hmac(byte[] key, String message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message.getBytes(UTF_8));
    }
}
