package dev.holdfast.mqtt;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What failed, sorted by whose fault it is. Futures fail with one of the nested types; misuse of
 * the API throws {@code IllegalArgumentException} or {@code IllegalStateException} at the call
 * instead.
 */
public abstract sealed class MqttException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean permanent;

    private MqttException(String message, @Nullable Throwable cause, boolean permanent) {
        super(message, cause);
        this.permanent = permanent;
    }

    /**
     * Whether trying again, with nothing changed, is expected to fail again.
     *
     * @return true for wrong credentials, a session taken over, an untrusted certificate and the
     *     like
     */
    public boolean permanent() {
        return permanent;
    }

    /** The server refused the connection with a CONNACK (MQTT 5, section 3.2.2.2). */
    public static final class ConnectRefused extends MqttException {
        private static final long serialVersionUID = 1L;
        private final ReasonCode reason;
        private final ServerWords words;

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param reason the code in CONNACK
         * @param reasonString the server's words for people
         * @param serverReference the other server it named
         * @param userProperties the server's User Properties
         */
        public ConnectRefused(
                String message,
                ReasonCode reason,
                @Nullable String reasonString,
                @Nullable String serverReference,
                List<UserProperty> userProperties) {
            super(message, null, isPermanent(reason));
            this.reason = reason;
            this.words = new ServerWords(reasonString, serverReference, userProperties);
        }

        private static boolean isPermanent(ReasonCode reason) {
            return switch (reason) {
                case UNSPECIFIED_ERROR,
                        IMPLEMENTATION_SPECIFIC_ERROR,
                        SERVER_UNAVAILABLE,
                        SERVER_BUSY,
                        QUOTA_EXCEEDED,
                        USE_ANOTHER_SERVER,
                        CONNECTION_RATE_EXCEEDED ->
                        false;
                default -> true;
            };
        }

        /**
         * The server's reason.
         *
         * @return the code in CONNACK
         */
        public ReasonCode reason() {
            return reason;
        }

        /**
         * The server's words for people.
         *
         * @return the Reason String
         */
        public Optional<String> reasonString() {
            return words.reasonString();
        }

        /**
         * Where the server sends its clients.
         *
         * @return the Server Reference, a list separated by spaces
         */
        public Optional<String> serverReference() {
            return words.serverReference();
        }

        /**
         * What else the server said.
         *
         * @return its User Properties in their order
         */
        public List<UserProperty> userProperties() {
            return words.userProperties();
        }
    }

    /**
     * The connection could not be made, or ended. Also: it ended before a QoS 0 message or an
     * answer got through.
     */
    public static final class ConnectionLost extends MqttException {
        private static final long serialVersionUID = 1L;
        private final @Nullable ReasonCode reason;
        private final ServerWords words;

        /**
         * Made by the client when the network failed.
         *
         * @param message what happened and what mends it
         * @param cause what the network said
         * @param permanent whether trying again is pointless
         */
        public ConnectionLost(String message, @Nullable Throwable cause, boolean permanent) {
            super(message, cause, permanent);
            this.reason = null;
            this.words = new ServerWords(null, null, List.of());
        }

        /**
         * Made by the client when the server sent a DISCONNECT.
         *
         * @param message what happened
         * @param reason the code in DISCONNECT
         * @param reasonString the server's words for people
         * @param serverReference the other server it named
         * @param userProperties the server's User Properties
         */
        public ConnectionLost(
                String message,
                ReasonCode reason,
                @Nullable String reasonString,
                @Nullable String serverReference,
                List<UserProperty> userProperties) {
            this(
                    message,
                    reason,
                    reasonString,
                    serverReference,
                    userProperties,
                    isPermanent(reason));
        }

        /**
         * Made by the client when the server sent a DISCONNECT, and trying again is another matter
         * than its reason suggests.
         *
         * @param message what happened
         * @param reason the code in DISCONNECT
         * @param reasonString the server's words for people
         * @param serverReference the other server it named
         * @param userProperties the server's User Properties
         * @param permanent whether trying again is pointless
         */
        public ConnectionLost(
                String message,
                ReasonCode reason,
                @Nullable String reasonString,
                @Nullable String serverReference,
                List<UserProperty> userProperties,
                boolean permanent) {
            super(message, null, permanent);
            this.reason = reason;
            this.words = new ServerWords(reasonString, serverReference, userProperties);
        }

        private static boolean isPermanent(ReasonCode reason) {
            return switch (reason) {
                case SESSION_TAKEN_OVER,
                        NOT_AUTHORIZED,
                        BANNED,
                        BAD_AUTHENTICATION_METHOD,
                        SERVER_MOVED ->
                        true;
                default -> false;
            };
        }

        /**
         * The server's reason.
         *
         * @return the code in its DISCONNECT; empty if it sent none
         */
        public Optional<ReasonCode> reason() {
            return Optional.ofNullable(reason);
        }

        /**
         * The server's words for people.
         *
         * @return the Reason String in its DISCONNECT
         */
        public Optional<String> reasonString() {
            return words.reasonString();
        }

        /**
         * Where the server sends its clients.
         *
         * @return the Server Reference, a list separated by spaces
         */
        public Optional<String> serverReference() {
            return words.serverReference();
        }

        /**
         * What else the server said.
         *
         * @return the User Properties in its DISCONNECT, in their order
         */
        public List<UserProperty> userProperties() {
            return words.userProperties();
        }
    }

    /** What a server may add to a Reason Code. */
    private static final class ServerWords implements Serializable {
        private static final long serialVersionUID = 1L;
        private final @Nullable String reasonString;
        private final @Nullable String serverReference;
        private final UserProperty[] userProperties;

        ServerWords(
                @Nullable String reasonString,
                @Nullable String serverReference,
                List<UserProperty> userProperties) {
            this.reasonString = reasonString;
            this.serverReference = serverReference;
            this.userProperties = userProperties.toArray(new UserProperty[0]);
        }

        Optional<String> reasonString() {
            return Optional.ofNullable(reasonString);
        }

        Optional<String> serverReference() {
            return Optional.ofNullable(serverReference);
        }

        List<UserProperty> userProperties() {
            return List.of(userProperties);
        }
    }

    /**
     * The server broke the protocol; the client told it so and closed the connection (MQTT 5,
     * section 4.13).
     */
    public static final class ServerMisbehaved extends MqttException {
        private static final long serialVersionUID = 1L;
        private final ReasonCode reason;

        /**
         * Made by the client.
         *
         * @param message which rule was broken, and how
         * @param reason the code in the client's DISCONNECT
         */
        public ServerMisbehaved(String message, ReasonCode reason) {
            super(message, null, false);
            this.reason = reason;
        }

        /**
         * The client's reason to close.
         *
         * @return the code in its DISCONNECT
         */
        public ReasonCode reason() {
            return reason;
        }
    }

    /**
     * The client's own part of an authentication failed: what {@code credentials(…)} or {@code
     * authentication(…)} of the builder were given threw, failed or took too long, or did not
     * accept the server. A server that does not accept the client is reported as {@link
     * ConnectRefused} or {@link ConnectionLost}.
     */
    public static final class AuthenticationFailed extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client, or by an {@link Authentication} to say whether the failure may pass.
         *
         * @param message what happened and what mends it; without any secret, since it is logged
         * @param cause what the application's code threw
         * @param permanent whether trying again is pointless
         */
        public AuthenticationFailed(String message, @Nullable Throwable cause, boolean permanent) {
            super(message, cause, permanent);
        }
    }

    /** The server has a session that this client knows nothing of; see {@link UnknownSession}. */
    public static final class SessionUnknown extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         */
        public SessionUnknown(String message) {
            super(message, null, true);
        }
    }

    /**
     * A message cannot be, or was not, accepted: by the server's answer, or by the limits it
     * announced.
     */
    public static final class PublishRejected extends MqttException {
        private static final long serialVersionUID = 1L;
        private final ReasonCode reason;
        private final ServerWords words;

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param reason the code in PUBACK or PUBREC, or the one that fits the limit
         */
        public PublishRejected(String message, ReasonCode reason) {
            this(message, reason, null, List.of());
        }

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param reason the code in PUBACK or PUBREC
         * @param reasonString the server's words for people
         * @param userProperties the server's User Properties
         */
        public PublishRejected(
                String message,
                ReasonCode reason,
                @Nullable String reasonString,
                List<UserProperty> userProperties) {
            super(message, null, true);
            this.reason = reason;
            this.words = new ServerWords(reasonString, null, userProperties);
        }

        /**
         * Why.
         *
         * @return the code in PUBACK or PUBREC, or the one that fits the limit
         */
        public ReasonCode reason() {
            return reason;
        }

        /**
         * The server's words for people.
         *
         * @return its Reason String; empty if it gave none, or was not asked
         */
        public Optional<String> reasonString() {
            return words.reasonString();
        }

        /**
         * What else the server said.
         *
         * @return its User Properties in their order
         */
        public List<UserProperty> userProperties() {
            return words.userProperties();
        }
    }

    /**
     * A SUBSCRIBE or UNSUBSCRIBE was refused by the server's answer, or by the limits it announced.
     */
    public static final class SubscribeRejected extends MqttException {
        private static final long serialVersionUID = 1L;
        private final ReasonCode reason;
        private final ServerWords words;

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param reason the code in SUBACK or UNSUBACK, or the one that fits the limit
         */
        public SubscribeRejected(String message, ReasonCode reason) {
            this(message, reason, null, List.of());
        }

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param reason the code in SUBACK or UNSUBACK
         * @param reasonString the server's words for people
         * @param userProperties the server's User Properties
         */
        public SubscribeRejected(
                String message,
                ReasonCode reason,
                @Nullable String reasonString,
                List<UserProperty> userProperties) {
            super(message, null, true);
            this.reason = reason;
            this.words = new ServerWords(reasonString, null, userProperties);
        }

        /**
         * Why.
         *
         * @return the code in SUBACK or UNSUBACK, or the one that fits the limit
         */
        public ReasonCode reason() {
            return reason;
        }

        /**
         * The server's words for people.
         *
         * @return its Reason String; empty if it gave none, or was not asked
         */
        public Optional<String> reasonString() {
            return words.reasonString();
        }

        /**
         * What else the server said.
         *
         * @return its User Properties in their order
         */
        public List<UserProperty> userProperties() {
            return words.userProperties();
        }
    }

    /**
     * The session ended while the message was in flight: whether the server took it cannot be
     * known.
     */
    public static final class SessionLost extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what happened and what can be done
         */
        public SessionLost(String message) {
            super(message, null, true);
        }
    }

    /** The message's expiry passed before it could be sent. */
    public static final class MessageExpired extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message which one
         */
        public MessageExpired(String message) {
            super(message, null, true);
        }
    }

    /**
     * It was not done in the time that the caller gave it. Whether it is done later is said where
     * the time is given.
     */
    public static final class TimedOut extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what took too long, and what becomes of it
         */
        public TimedOut(String message) {
            super(message, null, false);
        }
    }

    /** The application took it back before it was sent; see {@link Publication#cancel()}. */
    public static final class Cancelled extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what was taken back
         */
        public Cancelled(String message) {
            super(message, null, true);
        }
    }

    /**
     * A queue has no room: that of messages, see {@link StoreLimits}, or that of calls which wait
     * for an answer.
     */
    public static final class StoreFull extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message which bound was met and what mends it
         */
        public StoreFull(String message) {
            super(message, null, false);
        }
    }

    /** The store failed. The client has stopped; what was stored before is still there. */
    public static final class StoreFailed extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what happened and what mends it
         * @param cause what the store said
         */
        public StoreFailed(String message, @Nullable Throwable cause) {
            super(message, cause, true);
        }
    }

    /** The client was disconnected or closed by its own application before this could complete. */
    public static final class ClientClosed extends MqttException {
        private static final long serialVersionUID = 1L;

        /**
         * Made by the client.
         *
         * @param message what was going on
         */
        public ClientClosed(String message) {
            super(message, null, true);
        }
    }
}
