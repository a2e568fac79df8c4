package dev.holdfast.mqtt;

import java.time.Duration;
import java.util.Optional;

/**
 * Learns what happens to a client. All methods are called in order, one at a time, on the callback
 * executor, and may call any method of the client; what they throw is logged and has no other
 * effect.
 *
 * <p>While a thousand calls about single messages ({@link #unclaimed}, {@link #handlerFailed},
 * {@link #handlerRetries}, {@link #payloadInvalid}, {@link #dropped}, {@link #publicationFailed})
 * wait for a listener that is slow, further ones are left out.
 */
public interface ClientListener {
    /**
     * An attempt to connect begins. Either {@link #connected} or {@link #connectFailed} follows
     * once for each of these calls, before the next one.
     *
     * @param attempt which server is tried
     */
    default void connecting(ConnectAttempt attempt) {}

    /**
     * The attempt that {@link #connecting} announced has failed.
     *
     * @param attempt which server was tried
     * @param cause why; {@link MqttException.ClientClosed} after {@code disconnect()} or {@code
     *     close()}
     */
    default void connectFailed(ConnectAttempt attempt, MqttException cause) {}

    /**
     * A connection is up; {@link #disconnected} follows once for each of these calls. Whether the
     * server resumed the session is in {@link Connected#sessionPresent}; a session that should have
     * been there and was not is announced by {@link #sessionLost} before.
     *
     * @param connected what the server said
     */
    default void connected(Connected connected) {}

    /**
     * The connection that {@link #connected} announced is gone.
     *
     * @param cause why; {@link MqttException.ClientClosed} after {@code disconnect()} or {@code
     *     close()}
     */
    default void disconnected(MqttException cause) {}

    /**
     * An attempt to connect failed, or a connection was lost, and this is what comes next. Follows
     * each {@link #connectFailed} and {@link #disconnected}, unless {@code disconnect()} or {@code
     * close()} was called.
     *
     * @param cause why; if several servers have failed, one that may yet be had
     * @param nextAttempt the time until the next attempt, zero if another server is tried at once;
     *     empty if there is none until {@code connect()} is called
     */
    default void reconnecting(MqttException cause, Optional<Duration> nextAttempt) {}

    /**
     * The server no longer has the session that this client had; messages in flight are treated by
     * the {@link SessionLostPolicy}. Called before {@link #connected}.
     */
    default void sessionLost() {}

    /**
     * A declared subscription was refused by the server; it is tried again at the next connect.
     *
     * @param subscription which one
     * @param cause why
     */
    default void subscriptionRefused(Subscription subscription, MqttException cause) {}

    /**
     * A message came for which no subscription has a handler. At QoS 1 and 2 it stays
     * unacknowledged, and is handed over when a handler for it is registered; at QoS 0 it is gone.
     *
     * @param message the message
     */
    default void unclaimed(Message message) {}

    /**
     * A handler threw, or its stage failed, and no retry is left. The message has been refused or
     * dropped, as the {@link HandlerFailure} says.
     *
     * @param delivery the message and its number
     * @param cause what the handler threw
     */
    default void handlerFailed(Delivery delivery, Throwable cause) {}

    /**
     * A handler threw, or its stage failed, and will get the message again.
     *
     * @param delivery the message and its number
     * @param cause what the handler threw
     * @param delay the time until then
     */
    default void handlerRetries(Delivery delivery, Throwable cause, Duration delay) {}

    /**
     * A message claimed that its payload is UTF-8, and was not handed over because it is not. It
     * has been refused with {@link ReasonCode#PAYLOAD_FORMAT_INVALID}; at QoS 0 it is gone. Only
     * with {@link MqttClientBuilder#validatePayloadFormat}.
     *
     * @param message the message
     */
    default void payloadInvalid(Message message) {}

    /**
     * A received QoS 0 message was dropped, because the handlers did not keep up and their queue
     * was full.
     *
     * @param message the message
     * @param total how many were dropped since the client was built, with those whose call was left
     *     out
     */
    default void dropped(Message message, long total) {}

    /**
     * A publication has failed for good: it expired, was dropped for a younger one, was refused by
     * the server, or went with a lost session. Also called for messages that an earlier run of the
     * application left in the store, whose futures nobody holds.
     *
     * @param id its {@link Publication#id}
     * @param cause what {@link Publication#acknowledged} fails with; those that fail because the
     *     client was closed or its store failed are not announced one by one
     */
    default void publicationFailed(long id, MqttException cause) {}

    /**
     * The store failed; the client has stopped for good.
     *
     * @param cause what the store said
     */
    default void storeFailed(MqttException cause) {}
}
