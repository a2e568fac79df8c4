package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.connack;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.heard;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.isAcknowledged;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.isAgain;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.never;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.sent;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.twice;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.with;
import static dev.holdfast.mqtt.impl.simulation.SabotagedWire.withDup;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Faults of a client, one each, that a run must notice. */
enum Mutation implements Sabotage {
    // ---- what it sends
    DUP_IS_NOT_SET(sent(p -> isAgain(p) ? List.of(withDup(p, false)) : List.of(p))),
    DUP_IS_SET_AT_ONCE(sent(p -> isAcknowledged(p) ? List.of(withDup(p, true)) : List.of(p))),
    PUBLISH_IS_NOT_SENT_AGAIN(sent(p -> isAgain(p) ? List.of() : List.of(p))),
    PUBLISH_IS_SENT_TWICE(sent(p -> isAcknowledged(p) ? List.of(p, withDup(p, true)) : List.of(p))),
    PUBREL_IS_NOT_SENT_AGAIN(SabotagedWire.WithoutOldPubrels::new),
    PUBREL_LACKS_USER_PROPERTIES(
            sent(
                    p ->
                            p instanceof Pubrel r
                                    ? List.of(new Pubrel(r.packetIdentifier(), r.reason()))
                                    : List.of(p))),
    PUBREL_IS_SENT_TWICE(twice(Pubrel.class)),
    PUBREL_DOES_NOT_AWAIT_PUBREC(sent(SabotagedWire::withPubrel)),
    IDENTIFIERS_ARE_USED_TWICE(sent(SabotagedWire::withTheSameIdentifier)),
    PUBACKS_ARE_SWAPPED(() -> new SabotagedWire.Swapping(Puback.class)),
    PUBACKS_REFUSE_NOTHING(
            sent(p -> List.of(p instanceof Puback a ? SabotagedWire.withSuccess(a) : p))),
    PUBRECS_ARE_SWAPPED(() -> new SabotagedWire.Swapping(Pubrec.class)),
    PUBRELS_ARE_SWAPPED(() -> new SabotagedWire.Swapping(Pubrel.class)),
    PUBLISHES_ARE_SWAPPED(() -> new SabotagedWire.Swapping(Publish.class)),
    PUBACK_IS_FORGOTTEN(never(Puback.class)),
    PUBREC_OF_A_REPEAT_IS_FORGOTTEN(SabotagedWire.WithoutPubrecsOfRepeats::new),
    PINGREQ_IS_FORGOTTEN(never(Pingreq.class)),
    CONNECT_IS_SENT_TWICE(twice(Connect.class)),
    CLEAN_START_IS_SET(sent(p -> List.of(SabotagedWire.withCleanStart(p)))),
    SOMETHING_FOLLOWS_DISCONNECT(
            sent(p -> p instanceof Disconnect ? List.of(p, Pingreq.INSTANCE) : List.of(p))),
    AUTH_IS_SENT_TWICE(twice(Auth.class)),
    SOMETHING_IS_SENT_BEFORE_AUTHENTICATION_IS_DONE(
            sent(p -> p instanceof Auth ? List.of(p, SabotagedWire.EARLY) : List.of(p))),
    SUBSCRIBE_IS_FORGOTTEN(never(Subscribe.class)),
    EXPIRY_GROWS(sent(p -> List.of(SabotagedWire.withLongExpiry(p)))),
    UNKNOWN_PUBRELS_ARE_NOT_ANSWERED(SabotagedWire.WithoutUnknownPubcomps::new),

    // ---- what it takes notice of
    RECEIVE_MAXIMUM_IS_IGNORED(connack(c -> with(c, 65_535, c.maximumQos(), c.retainAvailable()))),
    MAXIMUM_QOS_IS_IGNORED(
            connack(c -> with(c, c.receiveMaximum(), QoS.EXACTLY_ONCE, c.retainAvailable()))),
    RETAIN_AVAILABLE_IS_IGNORED(connack(c -> with(c, c.receiveMaximum(), c.maximumQos(), true))),
    OTHER_LIMITS_ARE_IGNORED(connack(SabotagedWire::withoutOtherLimits)),
    SERVER_KEEP_ALIVE_IS_IGNORED(connack(SabotagedWire::withoutKeepAlive)),
    SESSION_PRESENT_IS_TAKEN_FOR_1(connack(c -> with(c, true))),
    SESSION_PRESENT_IS_TAKEN_FOR_0(connack(c -> with(c, false))),
    REFUSING_PUBACK_IS_TAKEN_FOR_SUCCESS(
            heard(Puback.class, p -> new Puback(p.packetIdentifier(), ReasonCode.SUCCESS))),
    WORDS_OF_PUBACK_ARE_LOST(
            heard(Puback.class, p -> new Puback(p.packetIdentifier(), p.reason()))),
    REFUSING_PUBREC_IS_TAKEN_FOR_SUCCESS(
            heard(Pubrec.class, p -> new Pubrec(p.packetIdentifier(), ReasonCode.SUCCESS))),

    // ---- what it stores, and finds again
    SENT_IS_NOT_STORED(Change.Sent.class),
    RELEASED_IS_NOT_STORED(Change.Released.class),
    COMPLETED_IS_NOT_STORED(Change.Completed.class),
    REQUEUED_IS_NOT_STORED(Change.Requeued.class),
    RECEIVED_IS_NOT_STORED(Change.Received.class),
    FORGOTTEN_IS_NOT_STORED(Change.Forgotten.class),
    CONSUMED_IS_NOT_STORED(Change.Consumed.class),
    NUMBERS_ARE_NOT_STORED(Change.NumbersReserved.class),
    RESERVED_IDENTIFIERS_ARE_NOT_STORED(Change.IdentifiersReserved.class),
    RESERVED_IDENTIFIERS_ARE_NOT_FOUND(SabotagedStart::withoutReservedIdentifiers),
    PRESENCE_IS_NOT_STORED(Change.Presence.class),
    SUBSCRIBED_IS_NOT_STORED(Change.Subscribed.class),
    UNSUBSCRIBED_IS_NOT_STORED(Change.Unsubscribed.class),
    IN_FLIGHT_IS_NOT_FOUND(SabotagedStart::withoutInFlight),
    IN_FLIGHT_IS_FOUND_IN_REVERSE(SabotagedStart::withInFlightReversed),
    RELEASE_ORDER_IS_REVERSED(SabotagedStart::withReleaseOrderReversed),
    RECEIVED_IDENTIFIERS_ARE_NOT_FOUND(SabotagedStart::withoutReceivedIdentifiers),
    INBOX_IS_NOT_FOUND(SabotagedStart::withoutInbox),
    DELIVERY_IDS_ARE_NEW(SabotagedStart::withNewDeliveryIds),
    SUBSCRIPTION_IDENTIFIERS_ARE_NOT_STORED(Change.Identified.class),
    SUBSCRIPTION_IDENTIFIERS_ARE_NOT_FOUND(SabotagedStart::withoutSubscriptionIdentifiers),
    SUBSCRIPTION_IDENTIFIERS_OF_MESSAGES_ARE_NOT_FOUND(SabotagedStart::withPlainInbox),

    // ---- what it does
    STORE_LIES {
        @Override
        public boolean storeLies() {
            return true;
        }
    },
    STORE_LIES_OF_MERGING {
        @Override
        public boolean storeLiesOfMerging() {
            return true;
        }

        /** The damage takes a crash at the right moment. */
        @Override
        public boolean checksDisk() {
            return true;
        }
    },
    TOPIC_ALIASES_OUTLIVE_THEIR_CONNECTION {
        @Override
        public boolean keepsTopicAliases() {
            return true;
        }
    },
    RECEIVED_TOPIC_ALIASES_OUTLIVE_THEIR_CONNECTION {
        @Override
        public boolean keepsReceivedTopicAliases() {
            return true;
        }
    },
    DISPATCH_IGNORES_SUBSCRIPTION_IDENTIFIERS {
        @Override
        public List<MessageHandler> takers(ClientRun run, Incoming incoming) {
            return run.handlers.matching(incoming);
        }
    },
    MALFORMED_PACKETS_ARE_OVERLOOKED {
        @Override
        public boolean overlooksViolations() {
            return true;
        }
    },
    ANSWERS_OF_OLD_EXCHANGES_ARE_SENT {
        @Override
        public boolean answersOldQuestions() {
            return true;
        }
    },
    SERVER_IS_NOT_VERIFIED {
        @Override
        public boolean believesEveryServer() {
            return true;
        }
    },
    PAYLOADS_ARE_NOT_CHECKED {
        @Override
        public boolean validatesPayloads(boolean asChosen) {
            return false;
        }
    },
    ANSWERS_ARE_NOT_MEASURED {
        @Override
        public Session session(ClientSettings settings, Recovered recovered, Chance chance) {
            return new Session(
                    settings,
                    recovered,
                    chance,
                    p -> p instanceof Puback || p instanceof Pubrel ? 0 : Encoder.encodedSize(p));
        }
    },
    LOST_SUBSCRIPTIONS_ARE_NOT_RENEWED {
        @Override
        public Resubscribe resubscribe(Resubscribe asChosen) {
            return Resubscribe.NEVER;
        }
    };

    private final Supplier<Wire> wire;
    private final Class<? extends Change> unstored;
    private final UnaryOperator<Recovered> found;

    Mutation() {
        this(() -> new Wire() {}, null, r -> r);
    }

    Mutation(Supplier<Wire> wire) {
        this(wire, null, r -> r);
    }

    Mutation(Class<? extends Change> unstored) {
        this(() -> new Wire() {}, unstored, r -> r);
    }

    Mutation(UnaryOperator<Recovered> found) {
        this(() -> new Wire() {}, null, found);
    }

    Mutation(
            Supplier<Wire> wire, Class<? extends Change> unstored, UnaryOperator<Recovered> found) {
        this.wire = wire;
        this.unstored = unstored;
        this.found = found;
    }

    @Override
    public Wire wire() {
        return wire.get();
    }

    @Override
    public List<Change> store(List<Change> changes) {
        return changes.stream().filter(c -> c.getClass() != unstored).toList();
    }

    @Override
    public Recovered recovered(Recovered recovered) {
        return found.apply(recovered);
    }
}
