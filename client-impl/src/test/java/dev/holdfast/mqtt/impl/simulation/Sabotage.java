package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.impl.client.BrokenFeeds;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with the client on purpose, to see whether a run notices. */
interface Sabotage {
    /** Nothing is. */
    Sabotage NONE =
            new Sabotage() {
                @Override
                public boolean checksDisk() {
                    return true;
                }
            };

    /** What passes between client and network, on one connection. */
    interface Wire {
        /** What the client writes at once. */
        default List<Packet> up(List<Packet> packets) {
            List<Packet> all = new ArrayList<>();
            packets.forEach(p -> all.addAll(up(p)));
            return all;
        }

        /** A packet of the client. */
        default List<Packet> up(Packet packet) {
            return List.of(packet);
        }

        /** A packet of the server. */
        default List<Packet> down(Packet packet) {
            return List.of(packet);
        }
    }

    /** Whether to look at the disk when something is sent, and not only at what comes of it. */
    default boolean checksDisk() {
        return false;
    }

    default Resubscribe resubscribe(Resubscribe asChosen) {
        return asChosen;
    }

    default Session session(ClientSettings settings, Recovered recovered, Chance chance) {
        return new Session(settings, recovered, chance, Encoder::encodedSize);
    }

    default Wire wire() {
        return new Wire() {};
    }

    /** What is written of a batch. */
    default List<Change> store(List<Change> changes) {
        return changes;
    }

    /** What a start finds. */
    default Recovered recovered(Recovered recovered) {
        return recovered;
    }

    /** Whether the store says that it has stored a batch as soon as it has it. */
    default boolean storeLies() {
        return false;
    }

    /** Whether the store says of a batch that it is merged, and keeps it apart. */
    default boolean storeLiesOfMerging() {
        return false;
    }

    /** Whether the client is not told of a Malformed Packet. */
    default boolean overlooksViolations() {
        return false;
    }

    /** Whether Topic Aliases are used that were given on an earlier connection. */
    default boolean keepsTopicAliases() {
        return false;
    }

    /** Whether an answer to an old question of an authentication is taken for one to the last. */
    default boolean answersOldQuestions() {
        return false;
    }

    /** Whether a false server is taken for the right one. */
    default boolean believesEveryServer() {
        return false;
    }

    default boolean validatesPayloads(boolean asChosen) {
        return asChosen;
    }

    /** Whether Topic Aliases are understood that were given on an earlier connection. */
    default boolean keepsReceivedTopicAliases() {
        return false;
    }

    /** Which handlers get a message. */
    default List<MessageHandler> takers(ClientRun run, Incoming incoming) {
        return run.handOvers.takers(incoming);
    }

    /** What is wrong with how messages are handed over; null if nothing is. */
    default BrokenFeeds brokenFeeds() {
        return null;
    }
}
