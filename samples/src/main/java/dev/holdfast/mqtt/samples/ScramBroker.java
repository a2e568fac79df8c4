package dev.holdfast.mqtt.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.EnhancedAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthConnectInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthOutput;
import com.hivemq.extension.sdk.api.packets.connect.ConnectPacket;
import com.hivemq.extension.sdk.api.packets.general.DisconnectedReasonCode;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * {@link EmbeddedBroker} with an extension that lets nobody in but {@link #USER}, by SCRAM-SHA-256
 * (RFC 5802, RFC 7677). As servers should, it has no password, but what follows from it.
 */
final class ScramBroker {
    static final String METHOD = "SCRAM-SHA-256";
    static final String USER = "press-17";
    static final String PASSWORD = "correct horse battery staple";
    private static final int ITERATIONS = 10_000;

    private ScramBroker() {}

    /** Takes the arguments of {@link EmbeddedBroker}. */
    public static void main(String[] args) {
        Account account = Account.of(USER, PASSWORD);
        EmbeddedBroker.serve(
                args,
                EmbeddedExtension.builder()
                        .withId("scram")
                        .withName("SCRAM-SHA-256")
                        .withVersion("1")
                        .withExtensionMain(new Extension(account))
                        .build());
    }

    private static final class Extension implements ExtensionMain {
        private final Account account;

        Extension(Account account) {
            this.account = account;
        }

        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            Services.securityRegistry()
                    .setEnhancedAuthenticatorProvider(client -> new Authenticator(account));
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}
    }

    /** The server's side of the exchanges of one client. */
    private static final class Authenticator implements EnhancedAuthenticator {
        private final Account account;
        private String clientFirst = "";
        private String serverFirst = "";

        Authenticator(Account account) {
            this.account = account;
        }

        @Override
        public void onConnect(EnhancedAuthConnectInput input, EnhancedAuthOutput output) {
            ConnectPacket connect = input.getConnectPacket();
            if (connect.getAuthenticationMethod().filter(METHOD::equals).isPresent()) {
                challenge(connect.getAuthenticationData(), output);
            } else {
                output.failAuthentication(
                        DisconnectedReasonCode.BAD_AUTHENTICATION_METHOD, METHOD + " is needed");
            }
        }

        @Override
        public void onReAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
            challenge(input.getAuthPacket().getAuthenticationData(), output);
        }

        /** Takes {@code n,,n=USER,r=NONCE}. */
        private void challenge(Optional<ByteBuffer> data, EnhancedAuthOutput output) {
            String message = text(data);
            int nonce = message.indexOf(",r=");
            if (!message.startsWith("n,,n=") || nonce < 0) {
                output.failAuthentication(DisconnectedReasonCode.PROTOCOL_ERROR);
                return;
            }
            clientFirst = message.substring("n,,".length());
            serverFirst =
                    "r=%s,s=%s,i=%d"
                            .formatted(
                                    message.substring(nonce + 3) + nonce(),
                                    base64(account.salt),
                                    ITERATIONS);
            output.continueAuthentication(serverFirst.getBytes(UTF_8));
        }

        /** Takes {@code c=biws,r=NONCE,p=PROOF}. */
        @Override
        public void onAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
            String message = text(input.getAuthPacket().getAuthenticationData());
            int proof = message.lastIndexOf(",p=");
            String nonce = serverFirst.substring(0, serverFirst.indexOf(",s="));
            boolean knownUser = clientFirst.startsWith("n=" + account.user + ",");
            boolean right = proof > 0 && message.substring(0, proof).equals("c=biws," + nonce);
            if (knownUser && right) {
                String spoken = clientFirst + "," + serverFirst + "," + message.substring(0, proof);
                byte[] signature = account.verify(spoken, message.substring(proof + 3));
                if (signature != null) {
                    output.authenticateSuccessfully(("v=" + base64(signature)).getBytes(UTF_8));
                    return;
                }
            }
            output.failAuthentication(
                    DisconnectedReasonCode.NOT_AUTHORIZED, "user name or password is wrong");
        }
    }

    /** What the server knows of a user. */
    private static final class Account {
        final String user;
        final byte[] salt;
        private final byte[] storedKey;
        private final byte[] serverKey;

        private Account(String user, byte[] salt, byte[] storedKey, byte[] serverKey) {
            this.user = user;
            this.salt = salt;
            this.storedKey = storedKey;
            this.serverKey = serverKey;
        }

        static Account of(String user, String password) {
            try {
                byte[] salt = new byte[16];
                new SecureRandom().nextBytes(salt);
                byte[] salted =
                        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                                .generateSecret(
                                        new PBEKeySpec(
                                                password.toCharArray(), salt, ITERATIONS, 256))
                                .getEncoded();
                return new Account(
                        user, salt, sha256(hmac(salted, "Client Key")), hmac(salted, "Server Key"));
            } catch (GeneralSecurityException e) {
                throw new SampleFailure("The JDK lacks what SCRAM needs", e);
            }
        }

        /** The server's signature if the client's proof is right; null if not. */
        byte @Nullable [] verify(String spoken, String proof) {
            try {
                byte[] key = Base64.getDecoder().decode(proof);
                byte[] mask = hmac(storedKey, spoken);
                if (key.length != mask.length) {
                    return null;
                }
                for (int i = 0; i < key.length; i++) {
                    key[i] ^= mask[i];
                }
                boolean right = MessageDigest.isEqual(sha256(key), storedKey);
                return right ? hmac(serverKey, spoken) : null;
            } catch (IllegalArgumentException | GeneralSecurityException e) {
                return null;
            }
        }
    }

    private static String text(Optional<ByteBuffer> data) {
        return data.map(bytes -> UTF_8.decode(bytes).toString()).orElse("");
    }

    private static String nonce() {
        byte[] bytes = new byte[18];
        new SecureRandom().nextBytes(bytes);
        return base64(bytes);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }
}
