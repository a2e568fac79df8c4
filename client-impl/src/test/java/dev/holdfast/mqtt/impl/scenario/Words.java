package dev.holdfast.mqtt.impl.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Packets, changes and events in few words. Messages go by their payloads instead of numbers, in
 * the order in which a scenario names them.
 */
final class Words {
    /** Payloads by the numbers of publications and deliveries, which never coincide in use. */
    private final Map<Long, String> published = new HashMap<>();

    private final Map<Long, String> delivered = new HashMap<>();

    void published(long sequence, Message message) {
        published.put(sequence, of(message));
    }

    static String of(Message message) {
        return "'" + message.payloadText() + "'";
    }

    private static String qos(QoS qos) {
        return " QoS " + qos.ordinal();
    }

    // ---- packets
    // -----------------------------------------------------------------------------------

    static String of(Packet packet) {
        String name = packet.getClass().getSimpleName().toUpperCase(Locale.ROOT);
        if (packet instanceof Publish p) {
            return name + of(p);
        } else if (packet instanceof Puback p) {
            return name + answer(p.packetIdentifier(), p.reason());
        } else if (packet instanceof Pubrec p) {
            return name + answer(p.packetIdentifier(), p.reason());
        } else if (packet instanceof Pubrel p) {
            return name + answer(p.packetIdentifier(), p.reason());
        } else if (packet instanceof Pubcomp p) {
            return name + answer(p.packetIdentifier(), p.reason());
        } else if (packet instanceof Subscribe p) {
            return name + id(p.packetIdentifier()) + " " + of(p);
        } else if (packet instanceof Suback p) {
            return name + answer(p.packetIdentifier(), p.reasons());
        } else if (packet instanceof Unsubscribe p) {
            return name + id(p.packetIdentifier()) + " " + String.join(", ", p.topicFilters());
        } else if (packet instanceof Unsuback p) {
            return name + answer(p.packetIdentifier(), p.reasons());
        } else if (packet instanceof Connect p) {
            return name
                    + (" Clean Start " + (p.cleanStart() ? 1 : 0))
                    + (", Session Expiry " + p.sessionExpiryInterval() + " s")
                    + of(p.authenticationMethod(), p.authenticationData());
        } else if (packet instanceof Auth p) {
            return name + " " + p.reason() + of(p.authenticationMethod(), p.authenticationData());
        } else if (packet instanceof Connack p) {
            return name + of(p);
        } else if (packet instanceof Disconnect p) {
            boolean expires = p.sessionExpiryInterval() != Disconnect.ABSENT;
            String expiry = expires ? " Session Expiry " + p.sessionExpiryInterval() + " s" : "";
            String reason = p.reason() == ReasonCode.SUCCESS ? "" : " " + p.reason();
            return name + reason + expiry;
        }
        return name;
    }

    private static String of(Subscribe p) {
        List<String> all = p.subscriptions().stream().map(Words::of).toList();
        return String.join(", ", all) + as(p.subscriptionIdentifier());
    }

    private static String as(int subscriptionIdentifier) {
        return subscriptionIdentifier == 0 ? "" : " as " + subscriptionIdentifier;
    }

    private static String of(Publish p) {
        Message m = p.message();
        return qos(m.qos())
                + (p.packetIdentifier() == 0 ? "" : id(p.packetIdentifier()))
                + (p.dup() ? " DUP" : "")
                + (m.retain() ? " RETAIN" : "")
                + (m.utf8Payload() ? " text" : "")
                + (" " + of(m))
                + sentFor(p.subscriptionIdentifiers())
                + m.expiry().map(e -> ", expires in " + e.toSeconds() + " s").orElse("");
    }

    private static String sentFor(List<?> subscriptions) {
        List<String> all = subscriptions.stream().map(String::valueOf).toList();
        return all.isEmpty() ? "" : " for " + String.join(" and ", all);
    }

    private static String of(Connack p) {
        return (p.reason().isError() ? " " + p.reason() : "")
                + (" Session Present " + (p.sessionPresent() ? 1 : 0))
                + (p.receiveMaximum() < 65_535 ? ", Receive Maximum " + p.receiveMaximum() : "")
                + (p.maximumQos() == QoS.EXACTLY_ONCE
                        ? ""
                        : ", Maximum QoS " + p.maximumQos().ordinal())
                + of(p.authenticationMethod(), p.authenticationData());
    }

    private static String of(@Nullable String method, @Nullable ByteBuffer data) {
        return (method == null ? "" : ", method " + method) + (data == null ? "" : of(data));
    }

    private static String of(ByteBuffer data) {
        return " '" + UTF_8.decode(data.duplicate()) + "'";
    }

    private static String of(Subscription s) {
        return s.topicFilter() + qos(s.maximumQos());
    }

    private static String id(int packetIdentifier) {
        return " id " + packetIdentifier;
    }

    private static String answer(int packetIdentifier, ReasonCode reason) {
        return id(packetIdentifier) + (reason == ReasonCode.SUCCESS ? "" : " " + reason);
    }

    private static String answer(int packetIdentifier, List<ReasonCode> reasons) {
        if (reasons.size() == 1) {
            return answer(packetIdentifier, reasons.get(0));
        }
        List<String> all = reasons.stream().map(ReasonCode::toString).toList();
        return id(packetIdentifier) + " " + String.join(", ", all);
    }

    // ---- changes
    // -----------------------------------------------------------------------------------

    /**
     * One line for each change. The reservation of numbers is left out, unless it is alone: it
     * comes along once in a while, and nothing of the protocol hangs on it.
     */
    List<String> of(List<Change> changes) {
        List<String> lines = new ArrayList<>();
        for (Change change : changes) {
            if (!(change instanceof Change.NumbersReserved)) {
                lines.add(of(change));
            }
        }
        return lines.isEmpty() ? List.of("numbers reserved") : lines;
    }

    private String of(Change change) {
        if (change instanceof Change.Accepted c) {
            return published.get(c.message().sequence()) + " is queued";
        } else if (change instanceof Change.Sent c) {
            return published.get(c.sequence()) + " is in flight," + id(c.packetIdentifier());
        } else if (change instanceof Change.Released c) {
            return published.get(c.sequence()) + " is released";
        } else if (change instanceof Change.Requeued c) {
            return published.get(c.sequence()) + " is queued again";
        } else if (change instanceof Change.Completed c) {
            return published.get(c.sequence()) + " is done";
        } else if (change instanceof Change.Received c) {
            delivered.put(c.message().deliveryId(), of(c.message().message()));
            return of(c.message().message())
                    + " is received,"
                    + id(c.packetIdentifier())
                    + sentFor(c.message().subscriptionIdentifiers());
        } else if (change instanceof Change.Forgotten c) {
            return "id " + c.packetIdentifier() + " is forgotten";
        } else if (change instanceof Change.Consumed c) {
            return delivered.get(c.deliveryId()) + " is handled";
        } else if (change instanceof Change.Subscribed c) {
            return "subscribed to " + of(c.subscription()) + as(c.identifier());
        } else if (change instanceof Change.Identified c) {
            return c.topicFilter() + " is in doubt" + as(c.identifier());
        } else if (change instanceof Change.Unsubscribed c) {
            return "unsubscribed from " + c.topicFilter();
        } else if (change instanceof Change.IdentifiersReserved c) {
            return "identifiers reserved up to " + c.upTo();
        } else if (change instanceof Change.Presence c) {
            return "session " + c.presence();
        }
        throw new AssertionError("There are no words for " + change);
    }

    /** What a run finds on disk. */
    String of(Recovered r) {
        List<String> parts = new ArrayList<>(List.of("session " + r.presence()));
        for (OutgoingMessage m : r.inFlight()) {
            String how = m.state() == OutgoingMessage.State.RELEASED ? "released" : "in flight";
            parts.add(of(m.message()) + " " + how + " as" + id(m.packetIdentifier()));
        }
        if (r.queuedMessages() > 0) {
            parts.add(r.queuedMessages() + " queued");
        }
        r.receivedIdentifiers().keySet().forEach(i -> parts.add("id " + i + " received"));
        r.inbox().forEach(m -> parts.add(of(m.message()) + " not handled"));
        r.subscriptions().forEach(s -> parts.add("subscribed to " + s.topicFilter()));
        return String.join(", ", parts);
    }

    // ---- events
    // ------------------------------------------------------------------------------------

    String stored(long sequence) {
        return published.get(sequence) + " stored";
    }

    String acknowledged(long sequence, Acknowledgement answer) {
        ReasonCode reason = answer.reason();
        String how = reason == ReasonCode.SUCCESS ? "" : ": " + reason;
        return published.get(sequence) + " acknowledged" + how;
    }

    String of(Event event) {
        if (event instanceof Event.PublishFailed e) {
            return published.get(e.sequence()) + " fails: " + of(e.cause());
        } else if (event instanceof Event.Deliver e) {
            Message m = e.incoming().message();
            String again = e.incoming().redelivered() ? " again" : "";
            String handlers = sentFor(e.incoming().topicFilters());
            return "handle " + of(m) + qos(m.qos()) + handlers + again;
        } else if (event instanceof Event.PayloadInvalid e) {
            return of(e.message()) + " is not UTF-8, and refused";
        } else if (event instanceof Event.Settled e) {
            String how = e.cause() == null ? " settled" : " not settled: " + of(e.cause());
            return of(e.incoming().message()) + how;
        } else if (event instanceof Event.Connected e) {
            return "connected, session " + (e.connected().sessionPresent() ? "resumed" : "new");
        } else if (event instanceof Event.Disconnected e) {
            return "disconnected: " + of(e.cause());
        } else if (event instanceof Event.Reconnecting e) {
            return e.next()
                    .map(delay -> "next attempt in " + of(delay) + ": " + of(e.cause()))
                    .orElse("no further attempt: " + of(e.cause()));
        } else if (event instanceof Event.SessionLost) {
            return "session lost";
        } else if (event instanceof Event.SubscriptionRefused e) {
            return "declared " + e.subscription().topicFilter() + " refused: " + of(e.cause());
        } else if (event instanceof Event.StoreFailed) {
            return "the store failed, the client stops";
        }
        return ofCall(event);
    }

    private static String ofCall(Event event) {
        if (event instanceof Event.ConnectDone) {
            return "connect() succeeds";
        } else if (event instanceof Event.ConnectFailed e) {
            return "connect() fails: " + of(e.cause());
        } else if (event instanceof Event.DisconnectDone e) {
            return e.cause() == null
                    ? "disconnect() succeeds"
                    : "disconnect() fails: " + of(e.cause());
        } else if (event instanceof Event.Subscribed e) {
            String granted = qos(e.subscribed().grantedQos());
            return "subscribe(" + e.subscribed().subscription().topicFilter() + "):" + granted;
        } else if (event instanceof Event.SubscribeFailed e) {
            return "subscribe() fails: " + of(e.cause());
        } else if (event instanceof Event.Unsubscribed) {
            return "unsubscribe() succeeds";
        } else if (event instanceof Event.UnsubscribeFailed e) {
            return "unsubscribe() fails: " + of(e.cause());
        } else if (event instanceof Event.SubscriptionEnded e) {
            return "the subscription to " + e.topicFilter() + " has ended";
        } else if (event instanceof Event.Reauthenticated) {
            return "reauthenticate() succeeds";
        } else if (event instanceof Event.ReauthenticationFailed e) {
            return "reauthenticate() fails: " + of(e.cause());
        } else if (event instanceof Event.AuthenticationAsked e) {
            String said = e.data() == null ? "" : of(e.data());
            return switch (e.question()) {
                case CONNECT -> "what is to be said in CONNECT?";
                case REAUTHENTICATE -> "what is to be said first?";
                case ANSWER -> "what is to be said to" + said + "?";
                case FINISH -> "is it the right server, with" + said + "?";
            };
        }
        throw new AssertionError("There are no words for " + event);
    }

    static String of(Duration time) {
        boolean whole = time.toMillis() % 1_000 == 0;
        return whole ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** The type of an error and its Reason Code: texts are for people, and may get better. */
    private static String of(MqttException cause) {
        String type = cause.getClass().getSimpleName();
        if (cause instanceof MqttException.ConnectRefused e) {
            return type + ", " + e.reason();
        } else if (cause instanceof MqttException.ConnectionLost e) {
            return type + e.reason().map(r -> ", " + r).orElse("");
        } else if (cause instanceof MqttException.ServerMisbehaved e) {
            return type + ", " + e.reason();
        } else if (cause instanceof MqttException.PublishRejected e) {
            return type + ", " + e.reason();
        } else if (cause instanceof MqttException.SubscribeRejected e) {
            return type + ", " + e.reason();
        }
        return type;
    }
}
