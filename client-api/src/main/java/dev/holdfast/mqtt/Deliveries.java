package dev.holdfast.mqtt;

import java.util.Objects;
import java.util.concurrent.Flow;

/** A subscription that is made when somebody subscribes to it. */
record Deliveries(MqttClient client, Subscription subscription)
        implements Flow.Publisher<Delivery> {
    @Override
    public void subscribe(Flow.Subscriber<? super Delivery> subscriber) {
        Objects.requireNonNull(subscriber);
        try {
            client.subscribe(subscription, MessageHandlers.fromSubscriber(subscriber));
        } catch (IllegalStateException closed) {
            // Nothing is thrown here but for null (Reactive Streams, rule 1.9).
            subscriber.onSubscribe(new Nothing());
            subscriber.onError(closed);
        }
    }

    private record Nothing() implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }
}
