package dev.holdfast.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): the server learns that the client knows the password, but not
 * the password, and the client learns that the server knows it too. Without channel binding; the
 * connection should be {@code mqtts} all the same, since SCRAM authenticates and does not encrypt.
 *
 * <p>CONNECT carries the client's first message, AUTH the server's and then the client's proof, and
 * CONNACK the server's signature, as in the example of MQTT 5, section 4.12; a re-authentication
 * has AUTH in the place of all three.
 */
public final class ScramSha256 implements Authentication {
    private static final String METHOD = "SCRAM-SHA-256";
    private static final String HMAC = "HmacSHA256";

    /** RFC 7677 forbids less. */
    private static final int LEAST_ITERATIONS = 4_096;

    private static final int DEFAULT_MOST_ITERATIONS = 1_000_000;
    private static final int NONCE_BYTES = 24;

    /** No channel binding, no other identity to act for. */
    private static final String GS2_HEADER = "n,,";

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String userName;
    private final byte[] password;
    private final int mostIterations;
    private final Supplier<String> nonces;

    ScramSha256(String userName, byte[] password, int mostIterations, Supplier<String> nonces) {
        this.userName = userName;
        this.password = password;
        this.mostIterations = mostIterations;
        this.nonces = nonces;
    }

    /**
     * Authenticates with a name and a password.
     *
     * @param userName 1 or more printable characters of ASCII
     * @param password 1 or more printable characters of ASCII
     * @return the method; takes up to 1,000,000 iterations
     * @throws IllegalArgumentException if one of them is empty or has other characters: those would
     *     have to be prepared by SASLprep (RFC 4013), which is not offered
     */
    public static ScramSha256 of(String userName, String password) {
        requirePrepared("user name", userName);
        requirePrepared("password", password);
        return new ScramSha256(
                userName, password.getBytes(UTF_8), DEFAULT_MOST_ITERATIONS, ScramSha256::nonce);
    }

    /**
     * The same with another bound for the work that a server may ask for. A million iterations take
     * about a second; a server that wants more than the bound is refused.
     *
     * @param iterations 4,096, which servers must ask for at least, to 100,000,000
     * @return the method with this bound
     */
    public ScramSha256 atMostIterations(int iterations) {
        if (iterations < LEAST_ITERATIONS || iterations > 100_000_000) {
            throw new IllegalArgumentException(
                    "atMostIterations(" + iterations + ") is not in 4,096 to 100,000,000");
        }
        return new ScramSha256(userName, password, iterations, nonces);
    }

    /** ASCII is its own SASLprep, but for control characters, which it forbids. */
    private static void requirePrepared(String what, String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("The " + what + " for SCRAM is empty");
        }
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < 0x20 || value.charAt(i) > 0x7E) {
                throw new IllegalArgumentException(
                        "The "
                                + what
                                + " for SCRAM has a character at index "
                                + i
                                + " that is not printable ASCII. Others need SASLprep (RFC 4013),"
                                + " which is not offered");
            }
        }
    }

    private static String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** {@code SCRAM-SHA-256}. */
    @Override
    public String method() {
        return METHOD;
    }

    /** Begins with a new nonce. */
    @Override
    public Exchange begin() {
        return new Scram(nonces.get());
    }

    /** Tells nothing of the secret. */
    @Override
    public String toString() {
        return "ScramSha256[…]";
    }

    private final class Scram implements Exchange {
        private final String nonce;
        private final String clientFirstBare;

        /** What the server will have to sign with, once the client has given its proof. */
        private byte @Nullable [] serverSignature;

        Scram(String nonce) {
            this.nonce = nonce;
            // The two characters that would end a name early are written otherwise.
            String name = userName.replace("=", "=3D").replace(",", "=2C");
            this.clientFirstBare = "n=" + name + ",r=" + nonce;
        }

        @Override
        public CompletionStage<Optional<byte[]>> first() {
            return data(GS2_HEADER + clientFirstBare);
        }

        @Override
        public CompletionStage<Optional<byte[]>> answer(Optional<byte[]> challenge) {
            if (serverSignature != null) {
                throw failure("The server goes on, though it has the client's proof");
            }
            String serverFirst = text(challenge);
            ServerFirst parsed = ServerFirst.parse(serverFirst, nonce, mostIterations);
            String withoutProof = "c=" + base64(GS2_HEADER.getBytes(UTF_8)) + ",r=" + parsed.nonce;
            String authMessage = clientFirstBare + "," + serverFirst + "," + withoutProof;
            byte[] salted = saltedPassword(password, parsed.salt, parsed.iterations);
            byte[] clientKey = hmac(salted, "Client Key");
            byte[] proof = xor(clientKey, hmac(sha256(clientKey), authMessage));
            serverSignature = hmac(hmac(salted, "Server Key"), authMessage);
            return data(withoutProof + ",p=" + base64(proof));
        }

        @Override
        public CompletionStage<?> finish(Optional<byte[]> data) {
            if (serverSignature == null) {
                throw failure(
                        "The server lets the client in without having asked for its proof, so that"
                                + " it need not be the right one");
            }
            String serverFinal = text(data);
            if (serverFinal.startsWith("e=")) {
                throw failure("The server lets the client in, but says with it: " + serverFinal);
            }
            byte[] signature = decoded(serverFinal.split(",", -1)[0], "v=");
            if (!MessageDigest.isEqual(serverSignature, signature)) {
                throw failure(
                        "The server's signature is wrong: it does not know the password, and need"
                                + " not be the right server");
            }
            return CompletableFuture.completedFuture(null);
        }

        /** Tells nothing of the secret. */
        @Override
        public String toString() {
            return "ScramSha256.Exchange[…]";
        }
    }

    /** The server's first message. */
    private static final class ServerFirst {
        final String nonce;
        final byte[] salt;
        final int iterations;

        private ServerFirst(String nonce, byte[] salt, int iterations) {
            this.nonce = nonce;
            this.salt = salt;
            this.iterations = iterations;
        }

        static ServerFirst parse(String message, String clientNonce, int mostIterations) {
            String[] parts = message.split(",", -1);
            if (parts.length < 3 || !parts[0].startsWith("r=")) {
                throw failure(
                        "The server's first message does not begin with nonce, salt and iteration"
                                + " count"
                                + (message.startsWith("m=") ? ", but asks for an extension" : ""));
            }
            String nonce = parts[0].substring(2);
            if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
                throw failure(
                        "The server's nonce does not continue the client's: its message belongs to"
                                + " another exchange");
            }
            byte[] salt = decoded(parts[1], "s=");
            return new ServerFirst(nonce, salt, iterations(parts[2], mostIterations));
        }

        private static int iterations(String part, int most) {
            if (!part.matches("i=[1-9][0-9]{0,9}")) {
                throw failure("The server's iteration count is not a number above 0");
            }
            long count = Long.parseLong(part.substring(2));
            if (count < LEAST_ITERATIONS || count > most) {
                throw failure(
                        "The server asks for "
                                + count
                                + " iterations, which is not in "
                                + LEAST_ITERATIONS
                                + " to "
                                + most
                                + ": change it there, or the upper bound with atMostIterations(…)");
            }
            return (int) count;
        }
    }

    private static CompletionStage<Optional<byte[]>> data(String message) {
        return CompletableFuture.completedFuture(Optional.of(message.getBytes(UTF_8)));
    }

    private static String text(Optional<byte[]> data) {
        return new String(
                data.orElseThrow(() -> failure("The server's message has no data")), UTF_8);
    }

    private static byte[] decoded(String part, String name) {
        if (!part.startsWith(name) || part.length() == name.length()) {
            throw failure("A message of the server lacks the part " + name);
        }
        try {
            return Base64.getDecoder().decode(part.substring(name.length()));
        } catch (IllegalArgumentException e) {
            throw failure("The part " + name + " in a message of the server is not in Base64");
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Hi of RFC 5802: PBKDF2 for a key of one block. */
    private static byte[] saltedPassword(byte[] password, byte[] salt, int iterations) {
        Mac mac = mac(password);
        mac.update(salt);
        byte[] last = mac.doFinal(new byte[] {0, 0, 0, 1});
        byte[] all = last.clone();
        for (int i = 1; i < iterations; i++) {
            last = mac.doFinal(last);
            for (int b = 0; b < all.length; b++) {
                all[b] ^= last[b];
            }
        }
        return all;
    }

    private static byte[] hmac(byte[] key, String message) {
        return mac(key).doFinal(message.getBytes(UTF_8));
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has " + HMAC, e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    private static byte[] xor(byte[] one, byte[] other) {
        byte[] result = Arrays.copyOf(one, one.length);
        for (int i = 0; i < result.length; i++) {
            result[i] ^= other[i];
        }
        return result;
    }

    private static MqttException.AuthenticationFailed failure(String message) {
        return new MqttException.AuthenticationFailed("SCRAM: " + message, null, true);
    }
}
