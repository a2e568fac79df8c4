package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A listener that keeps what it is told, in order, until a test asks for it. */
public final class Recorder implements ClientListener {
    /** One call of the listener. */
    public sealed interface Call {}

    public record IsConnecting(ConnectAttempt attempt) implements Call {}

    public record FailedToConnect(ConnectAttempt attempt, MqttException cause) implements Call {}

    public record WasConnected(Connected connected) implements Call {}

    public record WasDisconnected(MqttException cause) implements Call {}

    public record WillReconnect(MqttException cause, Optional<Duration> next) implements Call {}

    public record LostSession() implements Call {}

    public record Refused(Subscription subscription, MqttException cause) implements Call {}

    public record Unclaimed(Message message) implements Call {}

    public record HandlerFailed(Delivery delivery, Throwable cause) implements Call {}

    public record PublicationFailed(long id, MqttException cause) implements Call {}

    public record StoreHasFailed(MqttException cause) implements Call {}

    public record HandlerRetries(Delivery delivery, Throwable cause, Duration delay)
            implements Call {}

    public record PayloadInvalid(Message message) implements Call {}

    public record Dropped(Message message, long total) implements Call {}

    private final LinkedBlockingQueue<Call> calls = new LinkedBlockingQueue<>();

    /** Waits for the next call of this kind, passing over the others. */
    public <T extends Call> T await(Class<T> kind) {
        List<Call> passed = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (Call call = next(deadline); call != null; call = next(deadline)) {
            if (kind.isInstance(call)) {
                return kind.cast(call);
            }
            passed.add(call);
        }
        throw new AssertionError("No " + kind.getSimpleName() + " came, but " + passed);
    }

    /** The calls that came and were not taken yet. */
    public List<Call> takeAll() {
        List<Call> all = new ArrayList<>();
        calls.drainTo(all);
        return all;
    }

    private @Nullable Call next(long deadline) {
        try {
            return calls.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting for a listener's call", e);
        }
    }

    @Override
    public void connecting(ConnectAttempt attempt) {
        calls.add(new IsConnecting(attempt));
    }

    @Override
    public void connectFailed(ConnectAttempt attempt, MqttException cause) {
        calls.add(new FailedToConnect(attempt, cause));
    }

    @Override
    public void publicationFailed(long id, MqttException cause) {
        calls.add(new PublicationFailed(id, cause));
    }

    @Override
    public void storeFailed(MqttException cause) {
        calls.add(new StoreHasFailed(cause));
    }

    @Override
    public void connected(Connected connected) {
        calls.add(new WasConnected(connected));
    }

    @Override
    public void disconnected(MqttException cause) {
        calls.add(new WasDisconnected(cause));
    }

    @Override
    public void reconnecting(MqttException cause, Optional<Duration> nextAttempt) {
        calls.add(new WillReconnect(cause, nextAttempt));
    }

    @Override
    public void sessionLost() {
        calls.add(new LostSession());
    }

    @Override
    public void subscriptionRefused(Subscription subscription, MqttException cause) {
        calls.add(new Refused(subscription, cause));
    }

    @Override
    public void unclaimed(Message message) {
        calls.add(new Unclaimed(message));
    }

    @Override
    public void handlerFailed(Delivery delivery, Throwable cause) {
        calls.add(new HandlerFailed(delivery, cause));
    }

    @Override
    public void handlerRetries(Delivery delivery, Throwable cause, Duration delay) {
        calls.add(new HandlerRetries(delivery, cause, delay));
    }

    @Override
    public void payloadInvalid(Message message) {
        calls.add(new PayloadInvalid(message));
    }

    @Override
    public void dropped(Message message, long total) {
        calls.add(new Dropped(message, total));
    }
}
