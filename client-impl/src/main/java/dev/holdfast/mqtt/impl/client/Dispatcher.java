package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.impl.session.Event;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the core's events to futures, handlers and the listener. All its methods are called on the
 * loop; what belongs to the application runs on the lanes.
 */
final class Dispatcher implements Driver.Application {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.connection");

    private static final int MOST_FAILURES_WAITING = 1_000;

    private final String name;
    private final ClientListener listener;
    private final Lane completions;
    private final Handlers handlers;
    private final @Nullable Authenticator authenticator;
    final Publications publications;
    final Waiting<Connected> connects;
    final Waiting<Subscribed> subscribes;
    final Waiting<Void> unsubscribes;
    final Waiting<Void> disconnects;
    final Waiting<Void> reauthentications;

    private final AtomicInteger failuresWaiting = new AtomicInteger();

    /** The attempt that the listener was told of, until it is told of its end. */
    private @Nullable ConnectAttempt attempt;

    private @Nullable Requests requests;

    private @Nullable Connected connected;

    /** Why nothing will happen any more. */
    private @Nullable MqttException over;

    private long goodbyeToken = -1;
    private @Nullable CompletableFuture<Void> goodbye;

    Dispatcher(
            String name,
            ClientListener listener,
            StoreLimits bounds,
            Lane completions,
            Handlers handlers,
            @Nullable Authenticator authenticator) {
        this.name = name;
        this.listener = listener;
        this.completions = completions;
        this.handlers = handlers;
        this.authenticator = authenticator;
        publications = new Publications(completions, bounds);
        connects = new Waiting<>(completions);
        subscribes = new Waiting<>(completions);
        unsubscribes = new Waiting<>(completions);
        disconnects = new Waiting<>(completions);
        reauthentications = new Waiting<>(completions);
    }

    /** Who waits for responses, and has to catch up with the connection. */
    void use(Requests waiting) {
        requests = waiting;
        if (connected != null) {
            waiting.connected(connected);
        }
        if (over != null) {
            waiting.failAll(over);
        }
    }

    /** The end of a client waits on no lane, since it may be called for on one. */
    void awaitGoodbye(long token, CompletableFuture<Void> gone) {
        goodbyeToken = token;
        goodbye = gone;
    }

    @Override
    public void take(List<Event> events) {
        for (Event event : events) {
            take(event);
        }
        publications.flush();
    }

    private void take(Event event) {
        if (event instanceof Event.Deliver e) {
            handlers.deliver(e.incoming());
        } else if (event instanceof Event.Stored e) {
            publications.stored(e);
        } else if (event instanceof Event.Acknowledged e) {
            publications.acknowledged(e);
        } else if (event instanceof Event.PublishFailed e) {
            publications.failed(e);
            tellOfFailure(e);
        } else {
            // In their order.
            publications.flush();
            takeOtherEvent(event);
        }
    }

    private void takeOtherEvent(Event event) {
        if (event instanceof Event.Settled e) {
            handlers.settled(e.incoming(), e.cause());
        } else if (event instanceof Event.Subscribed e) {
            subscribes.complete(e.token(), e.subscribed());
        } else if (event instanceof Event.SubscribeFailed e) {
            subscribes.fail(e.token(), e.cause());
        } else if (event instanceof Event.Unsubscribed e) {
            unsubscribes.complete(e.token(), null);
        } else if (event instanceof Event.UnsubscribeFailed e) {
            unsubscribes.fail(e.token(), e.cause());
        } else if (event instanceof Event.SubscriptionEnded e) {
            handlers.endLate(e.topicFilter());
        } else {
            takeConnectionEvent(event);
        }
    }

    /** A listener that is slow is not told of each, so that its memory stays bounded. */
    private void tellOfFailure(Event.PublishFailed e) {
        boolean oneByOne =
                !(e.cause() instanceof MqttException.StoreFailed)
                        && !(e.cause() instanceof MqttException.ClientClosed);
        if (oneByOne && failuresWaiting.get() < MOST_FAILURES_WAITING) {
            publications.flush();
            failuresWaiting.incrementAndGet();
            completions.add(
                    () -> {
                        failuresWaiting.decrementAndGet();
                        listener.publicationFailed(e.sequence(), e.cause());
                    });
        }
    }

    private void takeConnectionEvent(Event event) {
        if (event instanceof Event.Attempt e) {
            connecting(e.attempt());
        } else if (event instanceof Event.AttemptFailed e) {
            connectFailed(e.cause());
        } else if (event instanceof Event.Connected e) {
            connected(e.connected());
        } else if (event instanceof Event.Disconnected e) {
            disconnected(e.cause());
        } else if (event instanceof Event.Reconnecting e) {
            reconnecting(e);
        } else if (event instanceof Event.ConnectDone e) {
            connects.complete(e.token(), e.connected());
        } else if (event instanceof Event.ConnectFailed e) {
            connects.fail(e.token(), e.cause());
        } else if (event instanceof Event.DisconnectDone e) {
            disconnectDone(e);
        } else if (event instanceof Event.AuthenticationAsked e) {
            Objects.requireNonNull(authenticator, "nobody to ask").ask(e);
        } else if (event instanceof Event.Reauthenticated e) {
            reauthentications.complete(e.token(), null);
        } else if (event instanceof Event.ReauthenticationFailed e) {
            reauthentications.fail(e.token(), e.cause());
        } else if (event instanceof Event.SessionLost) {
            LOG.warn("{}: the server no longer has the session", name);
            completions.add(listener::sessionLost);
        } else if (event instanceof Event.SubscriptionRefused e) {
            LOG.warn("{}: {}", name, e.cause().getMessage());
            completions.add(() -> listener.subscriptionRefused(e.subscription(), e.cause()));
        } else if (event instanceof Event.PayloadInvalid e) {
            handlers.payloadInvalid(e.message());
        } else if (event instanceof Event.StoreFailed e) {
            LOG.error("{}: {}", name, e.cause().getMessage(), e.cause());
            stopped(e.cause());
        } else {
            throw new AssertionError("Nobody takes " + event);
        }
    }

    private void connecting(ConnectAttempt a) {
        LOG.debug("{}: connecting to {}", name, a.server());
        attempt = a;
        completions.add(() -> listener.connecting(a));
    }

    private void connectFailed(MqttException cause) {
        ConnectAttempt failed = Objects.requireNonNull(attempt, "no attempt was announced");
        attempt = null;
        completions.add(() -> listener.connectFailed(failed, cause));
    }

    private void connected(Connected c) {
        LOG.info(
                "{}: connected to {}, Session Present {}",
                name,
                c.server(),
                c.sessionPresent() ? 1 : 0);
        attempt = null;
        connected = c;
        completions.add(() -> listener.connected(c));
        if (requests != null) {
            requests.connected(c);
        }
    }

    private void disconnected(MqttException cause) {
        LOG.info("{}: disconnected: {}", name, cause.getMessage());
        connected = null;
        completions.add(() -> listener.disconnected(cause));
    }

    private void reconnecting(Event.Reconnecting e) {
        if (e.next().isPresent()) {
            LOG.info(
                    "{}: {}; next attempt in {} ms",
                    name,
                    e.cause().getMessage(),
                    e.next().get().toMillis());
        } else {
            LOG.warn("{}: {}; not trying again", name, e.cause().getMessage());
        }
        completions.add(() -> listener.reconnecting(e.cause(), e.next()));
    }

    private void disconnectDone(Event.DisconnectDone e) {
        if (goodbye != null && e.token() == goodbyeToken) {
            goodbye.complete(null);
        } else if (e.cause() == null) {
            disconnects.complete(e.token(), null);
        } else {
            disconnects.fail(e.token(), e.cause());
        }
    }

    /** Nothing will happen any more: all that waits fails. */
    void failAll(MqttException cause) {
        over = cause;
        if (attempt != null) {
            connectFailed(cause);
        }
        if (connected != null) {
            disconnected(cause);
        }
        publications.failAll(cause);
        if (requests != null) {
            requests.failAll(cause);
        }
        connects.failAll(cause);
        subscribes.failAll(cause);
        unsubscribes.failAll(cause);
        disconnects.failAll(cause);
        reauthentications.failAll(cause);
        handlers.failOpen(cause);
    }

    @Override
    public void crashed(RuntimeException bug) {
        LOG.error("{}: {}", name, bug.getMessage(), bug);
        stopped(new MqttException.StoreFailed(String.valueOf(bug.getMessage()), bug));
    }

    private void stopped(MqttException cause) {
        failAll(cause);
        handlers.fail(cause);
        completions.add(() -> listener.storeFailed(cause));
    }
}
