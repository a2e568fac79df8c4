package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A handler that keeps what it is handed, in order; the test acknowledges each by itself. */
public final class Inbox implements MessageHandler {
    private final LinkedBlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();

    @Override
    public CompletionStage<?> handle(Delivery delivery) {
        deliveries.add(delivery);
        return delivery.handled();
    }

    /** Waits for the next message. */
    public Delivery next() {
        try {
            Delivery delivery = deliveries.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (delivery == null) {
                throw new AssertionError("No message was handed over within " + PATIENCE);
            }
            return delivery;
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting for a message", e);
        }
    }

    /** Waits for the next message and returns what it says. */
    public String nextText() {
        return next().message().payloadText();
    }

    /** Asserts that no message is there that was not taken. */
    public void expectEmpty() {
        assertNull(deliveries.peek(), "A message was handed over, though none should");
    }
}
