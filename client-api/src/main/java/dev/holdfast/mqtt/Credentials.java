package dev.holdfast.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * User Name and Password for CONNECT (MQTT 5, sections 3.1.3.5 and 3.1.3.6). Never logged, never
 * stored.
 */
public final class Credentials {
    private final @Nullable String userName;
    private final byte @Nullable [] password;

    private Credentials(@Nullable String userName, byte @Nullable [] password) {
        this.userName = userName == null ? null : Strings.requireEncodable("User Name", userName);
        if (password != null && password.length > Strings.MAXIMUM_LENGTH) {
            throw new IllegalArgumentException("The password is longer than MQTT's 65,535 bytes");
        }
        this.password = password;
    }

    /**
     * A name and a password.
     *
     * @param userName may be empty
     * @param password sent in UTF-8
     * @return the credentials
     */
    public static Credentials of(String userName, String password) {
        return new Credentials(userName, password.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A name and a binary password.
     *
     * @param userName may be empty
     * @param password at most 65,535 bytes, copied
     * @return the credentials
     */
    public static Credentials of(String userName, byte[] password) {
        return new Credentials(userName, password.clone());
    }

    /**
     * A name without a password.
     *
     * @param userName may be empty
     * @return the credentials
     */
    public static Credentials userName(String userName) {
        return new Credentials(userName, null);
    }

    /**
     * A password, or token, without a name.
     *
     * @param password at most 65,535 bytes, copied
     * @return the credentials
     */
    public static Credentials password(byte[] password) {
        return new Credentials(null, password.clone());
    }

    /**
     * The User Name.
     *
     * @return empty if none is sent
     */
    public Optional<String> userName() {
        return Optional.ofNullable(userName);
    }

    /**
     * The Password.
     *
     * @return a copy; empty if none is sent
     */
    public Optional<byte[]> password() {
        return password == null ? Optional.empty() : Optional.of(password.clone());
    }

    /** Tells nothing of the secret. */
    @Override
    public String toString() {
        return "Credentials[…]";
    }
}
