package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.session.SparseMap;
import dev.holdfast.mqtt.impl.session.SparseSet;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests that wait for their responses (MQTT 5, section 4.10): all over one subscription, which
 * is made before the first request leaves. Called on the loop, but for {@link #admit}.
 */
final class Requests {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.requests");
    private static final int MOST_OPEN = 65_536;

    /** Its Correlation Data is the number behind a prefix that no other run has. */
    private static final class Open {
        final String topic;
        final long bytes;
        final long deadline;
        final CompletableFuture<Message> response;

        /** Null once it is published; then the queue holds it, which has bounds of its own. */
        @Nullable Message message;

        Loop.@Nullable Timer timer;

        Open(Message message, long deadline, CompletableFuture<Message> response) {
            this.topic = message.topic();
            this.bytes = OutgoingMessage.sizeOf(message);
            this.message = message;
            this.deadline = deadline;
            this.response = response;
        }
    }

    private final ClientSettings settings;
    private final MqttClient client;
    private final Loop loop;
    private final Lane completions;
    private final Map<Long, Open> open = new SparseMap<>();

    /** Requests that wait for the subscription. */
    private final Set<Long> waiting = new SparseSet<>();

    private long next = 1;

    /** See {@link #run()}. */
    private @Nullable UUID run;

    /** Those that may set out, and what of them is not published yet; also before the loop. */
    private final AtomicInteger admitted = new AtomicInteger();

    private final AtomicLong bytesWaiting = new AtomicLong();

    /** Where responses are to go; null until a connection or the settings tell. */
    private @Nullable String topic;

    /** The topic for which a subscription is made, and whether it is there. */
    private @Nullable String subscribing;

    private boolean subscribed;

    /** Why nothing will happen any more. */
    private @Nullable MqttException over;

    Requests(ClientSettings settings, MqttClient client, Loop loop, Lane completions) {
        this.settings = settings;
        this.client = client;
        this.loop = loop;
        this.completions = completions;
        this.topic = settings.responseTopic();
    }

    /**
     * Whether a request may set out; {@link #request} must follow then. From any thread.
     *
     * @return why it may not; null if it may
     */
    @Nullable MqttException admit(Message message) {
        if (admitted.incrementAndGet() > MOST_OPEN) {
            admitted.decrementAndGet();
            return new MqttException.StoreFull(
                    MOST_OPEN + " requests wait for their responses: wait for some");
        }
        long bytes = OutgoingMessage.sizeOf(message);
        if (bytesWaiting.addAndGet(bytes) > settings.storeLimits().outgoingBytes()) {
            left(bytes);
            return new MqttException.StoreFull(
                    "Requests of more bytes than storeLimits(…) allows wait for a subscription to the"
                            + " Response Topic: wait for some, or for a connection");
        }
        return null;
    }

    private void left(long bytesNotPublished) {
        admitted.decrementAndGet();
        bytesWaiting.addAndGet(-bytesNotPublished);
    }

    void request(Message message, Duration timeout, CompletableFuture<Message> response) {
        long number = next++;
        Open request = new Open(message, loop.now() + timeout.toMillis(), response);
        open.put(number, request);
        if (over != null) {
            rejected(number, over);
            return;
        }
        try {
            request.timer = loop.schedule(() -> timeOut(number, timeout), timeout.toMillis());
        } catch (RejectedExecutionException e) {
            rejected(number, e);
            return;
        }
        response.whenComplete((done, failure) -> loop.execute(() -> close(number)));
        if (subscribed) {
            publish(number);
        } else {
            waiting.add(number);
            subscribe();
        }
    }

    /** The application gave up, or the response has come. */
    private @Nullable Open close(long number) {
        waiting.remove(number);
        Open request = open.remove(number);
        if (request != null) {
            left(request.message == null ? 0 : request.bytes);
            if (request.timer != null) {
                request.timer.cancel();
            }
        }
        return request;
    }

    private void timeOut(long number, Duration timeout) {
        Open request = close(number);
        if (request != null) {
            fail(
                    request,
                    new MqttException.TimedOut(
                            "No response to the request on '"
                                    + request.topic
                                    + "' within "
                                    + timeout
                                    + (request.message != null
                                            ? ": it was not sent, for want of a subscription to"
                                                    + " the Response Topic"
                                            : ": nobody may answer there, or not in time")));
        }
    }

    private void fail(Open request, Throwable cause) {
        completions.add(() -> request.response.completeExceptionally(cause));
    }

    // ---- the subscription

    /** Tells of each connection: the server may have its own wish for Response Topics. */
    void connected(Connected connected) {
        if (settings.responseTopic() != null) {
            return;
        }
        String now =
                connected
                        .responseInformation()
                        .filter(basis -> settings.requestResponseInformation())
                        .map(basis -> basis.endsWith("/") ? basis : basis + "/")
                        .orElse("response/" + withoutWildcards(connected.clientIdentifier()) + "/")
                        .concat("holdfast");
        if (!now.equals(topic)) {
            topic = now;
            moveTo(now);
        }
    }

    private static String withoutWildcards(String clientIdentifier) {
        return clientIdentifier.replace('+', '_').replace('#', '_');
    }

    private void moveTo(String now) {
        String former = subscribing;
        subscribed = false;
        subscribing = null;
        if (former != null) {
            LOG.info("Responses are to go to '{}' from now on, not to '{}'", now, former);
            unsubscribe(former);
        }
        if (former != null || !waiting.isEmpty()) {
            subscribe();
        }
    }

    private void unsubscribe(String former) {
        try {
            client.unsubscribe(former);
        } catch (IllegalStateException e) {
            LOG.debug("The client is closed", e);
        }
    }

    private void subscribe() {
        String chosen = topic;
        if (chosen == null || subscribing != null) {
            return;
        }
        subscribing = chosen;
        CompletableFuture<Subscribed> answer;
        try {
            Message.to(chosen); // for its check: the server's wish may have wildcards
            Subscription subscription =
                    Subscription.to(chosen).retained(Subscription.RetainHandling.DO_NOT_SEND);
            UUID ours = run();
            answer =
                    client.subscribe(subscription, MessageHandlers.forEach(m -> received(m, ours)));
        } catch (IllegalArgumentException | IllegalStateException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((done, failure) -> loop.execute(() -> answered(chosen, failure)));
    }

    private void answered(String filter, @Nullable Throwable failure) {
        if (!filter.equals(subscribing)) {
            return;
        }
        List<Long> numbers = List.copyOf(waiting);
        waiting.clear();
        subscribed = failure == null;
        if (failure != null) {
            subscribing = null;
        }
        for (long number : numbers) {
            if (failure == null) {
                publish(number);
            } else {
                Open request = close(number);
                if (request != null) {
                    fail(request, failure);
                }
            }
        }
    }

    // ---- requests and responses

    private void publish(long number) {
        Open request = open.get(number);
        String responseTopic = subscribing;
        if (request == null || request.message == null || responseTopic == null) {
            return;
        }
        ByteBuffer correlation = ByteBuffer.allocate(3 * Long.BYTES);
        correlation.putLong(run().getMostSignificantBits());
        correlation.putLong(run().getLeastSignificantBits()).putLong(number);
        Message message =
                request.message.toBuilder()
                        .responseTopic(responseTopic)
                        .correlationData(correlation.array())
                        .build();
        long rest = Math.max(1, request.deadline - loop.now());
        Publication publication;
        try {
            publication = client.publish(message, Duration.ofMillis(rest));
        } catch (RuntimeException refused) {
            // Closed meanwhile, or not a message that can be sent.
            rejected(number, refused);
            return;
        }
        request.message = null;
        bytesWaiting.addAndGet(-request.bytes);
        publication
                .acknowledged()
                .whenComplete(
                        (done, failure) -> {
                            // Time is up here as well, by itself.
                            if (failure != null && !(failure instanceof MqttException.TimedOut)) {
                                loop.execute(() -> rejected(number, failure));
                            }
                        });
    }

    private void rejected(long number, Throwable cause) {
        Open request = close(number);
        if (request != null) {
            fail(request, cause);
        }
    }

    /** Drawn when first needed: most clients make no requests, and drawing takes a while. */
    private UUID run() {
        UUID drawn = run;
        if (drawn == null) {
            drawn = UUID.randomUUID();
            run = drawn;
        }
        return drawn;
    }

    /** Called where handlers run. */
    private void received(Message message, UUID ours) {
        ByteBuffer data = message.correlationData().orElse(ByteBuffer.allocate(0));
        boolean asked =
                data.remaining() == 3 * Long.BYTES
                        && data.getLong(data.position()) == ours.getMostSignificantBits()
                        && data.getLong(data.position() + Long.BYTES)
                                == ours.getLeastSignificantBits();
        if (!asked) {
            LOG.debug("Nobody in this run has asked for {}", message);
            return;
        }
        long number = data.getLong(data.position() + 2 * Long.BYTES);
        loop.execute(() -> respond(number, message));
    }

    private void respond(long number, Message message) {
        Open request = close(number);
        if (request == null) {
            LOG.debug("Nobody waits any more for {}", message);
        } else {
            completions.add(() -> request.response.complete(message));
        }
    }

    /** Nothing will happen any more. */
    void failAll(MqttException cause) {
        over = cause;
        for (long number : List.copyOf(open.keySet())) {
            rejected(number, cause);
        }
    }
}
