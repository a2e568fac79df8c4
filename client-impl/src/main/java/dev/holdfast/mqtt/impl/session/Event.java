package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Subscription;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the core tells the application, by way of whoever drives it. */
public sealed interface Event {
    /** Publications are safe on disk. */
    record Stored(Run publications) implements Event {}

    /** Publications are done. Implies that they need not be stored any more. */
    record Acknowledged(Run publications, Acknowledgement acknowledgement) implements Event {}

    record PublishFailed(long sequence, MqttException cause) implements Event {}

    /** A message for its handler. */
    record Deliver(Incoming incoming) implements Event {}

    /** A message that was refused, since its payload is not what it claims to be. */
    record PayloadInvalid(Message message) implements Event {}

    /** A handed-over message is settled; a cause says that it could not be. */
    record Settled(Incoming incoming, @Nullable MqttException cause) implements Event {}

    /** An attempt to connect begins. {@link Connected} or {@link AttemptFailed} ends it. */
    record Attempt(ConnectAttempt attempt) implements Event {}

    record AttemptFailed(ConnectAttempt attempt, MqttException cause) implements Event {}

    record Connected(dev.holdfast.mqtt.Connected connected) implements Event {}

    /** An announced connection is gone. */
    record Disconnected(MqttException cause) implements Event {}

    /**
     * An attempt failed or a connection was lost; the next attempt is due in this time, or not at
     * all.
     */
    record Reconnecting(MqttException cause, Optional<Duration> next) implements Event {}

    /** A call of connect() has succeeded. */
    record ConnectDone(long token, dev.holdfast.mqtt.Connected connected) implements Event {}

    /** A call of connect() has failed for good. */
    record ConnectFailed(long token, MqttException cause) implements Event {}

    /** A call of disconnect() is done. */
    record DisconnectDone(long token, @Nullable MqttException cause) implements Event {}

    record SessionLost() implements Event {}

    record Subscribed(long token, dev.holdfast.mqtt.Subscribed subscribed) implements Event {}

    record SubscribeFailed(long token, MqttException cause) implements Event {}

    record SubscriptionRefused(Subscription subscription, MqttException cause) implements Event {}

    record Unsubscribed(long token) implements Event {}

    /** The server has no subscription any more, and no call waits for that. */
    record SubscriptionEnded(String topicFilter) implements Event {}

    record UnsubscribeFailed(long token, MqttException cause) implements Event {}

    /**
     * The application is asked for its part of an authentication; {@link Session#answered} is
     * awaited, with the number of the question.
     *
     * @param data what the server said; null for nothing
     * @param remarks what it said besides
     */
    record AuthenticationAsked(
            long number, Question question, @Nullable ByteBuffer data, Remarks remarks)
            implements Event {
        /** What is asked. */
        public enum Question {
            /** Credentials, and the first data of a new exchange, for CONNECT. */
            CONNECT,
            /** The first data of a new exchange, on a connection that is up. */
            REAUTHENTICATE,
            /** The answer to the server's data. */
            ANSWER,
            /** Whether the server is the right one. */
            FINISH
        }
    }

    /** A call of reauthenticate() has succeeded. */
    record Reauthenticated(long token) implements Event {}

    record ReauthenticationFailed(long token, MqttException cause) implements Event {}

    /** The store failed: nothing will happen any more. */
    record StoreFailed(MqttException cause) implements Event {}
}
