package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.Random;

/** Makes up messages and subscriptions with all their parts, from a seed. */
public final class RandomMessages {
    private static final String[] TEXTS = {
        "press/17/parts", "a", "/", "Größe/µm", "工場/一", "\uD83C\uDFED/état", "x'; --\"\\%_"
    };

    private final Random random;

    /**
     * From a source of chance.
     *
     * @param random used for all that follows
     */
    public RandomMessages(Random random) {
        this.random = random;
    }

    /**
     * A message.
     *
     * @param qos its Quality of Service
     * @return with any payload and properties
     */
    public Message next(QoS qos) {
        byte[] payload =
                new byte[random.nextInt(8) == 0 ? random.nextInt(6000) : random.nextInt(60)];
        random.nextBytes(payload);
        Message.Builder message =
                Message.to(text()).payload(payload).qos(qos).retain(random.nextInt(4) == 0);
        if (random.nextInt(3) == 0) {
            addProperties(message);
        }
        return message.build();
    }

    private void addProperties(Message.Builder message) {
        message.utf8Payload(random.nextBoolean());
        if (random.nextBoolean()) {
            message.expiry(Duration.ofSeconds(random.nextLong(0, 1L << 32)));
        }
        if (random.nextBoolean()) {
            message.contentType(random.nextBoolean() ? text() : "");
        }
        if (random.nextBoolean()) {
            message.responseTopic(text());
        }
        if (random.nextBoolean()) {
            byte[] data = new byte[random.nextInt(20)];
            random.nextBytes(data);
            message.correlationData(data);
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            message.userProperty(text(), random.nextBoolean() ? text() : "");
        }
    }

    /**
     * A subscription.
     *
     * @return to one of a few Topic Filters, with any options
     */
    public Subscription subscription() {
        String filter = text() + (random.nextBoolean() ? "/#" : "/+/x");
        boolean shared = random.nextInt(4) == 0;
        return new Subscription(
                shared ? "$share/group/" + filter : filter,
                pick(QoS.values()),
                !shared && random.nextBoolean(),
                random.nextBoolean(),
                pick(Subscription.RetainHandling.values()));
    }

    private String text() {
        return pick(TEXTS);
    }

    /**
     * One of several.
     *
     * @param <T> their type
     * @param choices at least one
     * @return any
     */
    @SafeVarargs
    public final <T> T pick(T... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
