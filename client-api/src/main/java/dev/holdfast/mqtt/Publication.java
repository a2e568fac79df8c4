package dev.holdfast.mqtt;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One accepted publish: durable first, acknowledged later. Both stages complete off the event loop;
 * cancelling or completing them by hand has no effect on the message; {@link #cancel()} has. One
 * that is asked for when its outcome is known is complete at once.
 */
public interface Publication {
    /**
     * A number that names the message for as long as it is pending, across restarts of the process:
     * see {@link Session#publication(long)}. Never given to another message of the same client
     * identifier and store, once {@link #stored()} has completed.
     *
     * @return a positive number; later publications of a client have higher ones
     */
    long id();

    /**
     * The message.
     *
     * @return as it was published
     */
    Message message();

    /**
     * Completes when the message is safe: the process may be killed now, and with a power-loss
     * durable store the machine too. With the in-memory store it promises nothing beyond the life
     * of this client. For QoS 0, which is never stored, it completes when the message has been
     * handed to the network and promises nothing.
     *
     * <p>Where {@link StoreLimits} says WAIT, this is the stage to wait for before publishing more.
     *
     * @return fails with {@link MqttException.StoreFull} or {@link MqttException.StoreFailed}, or
     *     as {@link #acknowledged()} if that failed first
     */
    CompletableFuture<Void> stored();

    /**
     * Completes when the server has taken the message over: PUBACK at QoS 1, PUBCOMP at QoS 2,
     * handed to the network at QoS 0.
     *
     * @return fails with {@link MqttException.PublishRejected}, {@link
     *     MqttException.MessageExpired}, {@link MqttException.SessionLost}, {@link
     *     MqttException.StoreFull}, {@link MqttException.StoreFailed}, {@link
     *     MqttException.Cancelled}, {@link MqttException.TimedOut}; with {@link
     *     MqttException.ClientClosed} if the client was closed first, though what is stored goes on
     *     with the next client
     */
    CompletableFuture<Acknowledgement> acknowledged();

    /**
     * Has the outcome of {@link #acknowledged()} told to a callback. The same as {@code
     * acknowledged().whenComplete(callback)} but for the future, which this does without: for who
     * publishes a lot.
     *
     * @param callback called once, with the acknowledgement or with the failure; the other one is
     *     null. Runs on the executor of the client's callbacks, where it should not linger, or at
     *     once and in the calling thread if the outcome is known already. What it throws is logged
     */
    void whenAcknowledged(
            BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException>
                    callback);

    /**
     * Takes the message back, if it was never sent: it is removed from the queue and from the
     * store, and both stages fail with {@link MqttException.Cancelled}. What has been sent, or is
     * about to be, goes its way. A message that waits to be published again because the server lost
     * the session can be taken back as well, though the server may have had it.
     *
     * @return completes with true once it is certain, after a crash too, that the message is not
     *     sent; with false if it was sent or is no longer pending
     */
    CompletableFuture<Boolean> cancel();
}
