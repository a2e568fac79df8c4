package dev.holdfast.mqtt.impl.scripted;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A server with one session, and a network that breaks when it likes: plays its part on a {@link
 * ScriptedServer} by itself, honestly, but cuts the connection before or after any packet. It sends
 * a number of messages and keeps what it gets.
 */
final class FaultyServer implements Runnable {
    private final ScriptedServer server;
    private final Random random;
    private final int cutsWanted;
    private final List<String> received = new ArrayList<>();

    /** Identifiers of QoS 2 messages between PUBLISH and PUBREL. */
    private final Map<Integer, Boolean> unreleased = new TreeMap<>();

    /** What was sent and not answered to the end, in its order. */
    private final Map<Integer, Publish> inFlight = new TreeMap<>();

    private final List<Integer> releasing = new ArrayList<>();
    private final List<Publish> toSend;
    private int cuts;
    private boolean known;

    /** Whether all was sent and answered to the end. */
    private volatile boolean done;

    FaultyServer(ScriptedServer server, long seed, int cuts, List<Publish> toSend) {
        this.server = server;
        this.random = new Random(seed);
        this.cutsWanted = cuts;
        this.toSend = new ArrayList<>(toSend);
    }

    /** All messages in the order in which the server took them over. */
    List<String> received() {
        return received;
    }

    /** Whether a client that leaves interrupts nothing; from any thread. */
    boolean isDone() {
        return done;
    }

    /** Serves until the client says good-bye. */
    @Override
    public void run() {
        while (!serve(server.accept())) {}
    }

    /** Tells whether this was the last connection. */
    private boolean serve(ScriptedConnection connection) {
        Connect connect = connection.expectConnect();
        if (connect.cleanStart() && known) {
            throw new AssertionError("The client dropped its session");
        }
        if (cutNow(0.1)) {
            connection.cut();
            return false;
        }
        Packets.ConnackBuilder connack = Packets.connack().receiveMaximum(20);
        connection.send((known ? connack.sessionPresent() : connack).build());
        known = true;
        inFlight.values().forEach(p -> connection.send(Packets.again(p)));
        releasing.forEach(id -> connection.send(Packets.pubrel(id)));
        while (true) {
            sendMore(connection);
            done = inFlight.isEmpty() && releasing.isEmpty();
            Packet packet = connection.nextIfAny(Duration.ofSeconds(15));
            if (packet instanceof Disconnect) {
                connection.expectClosed();
                return true;
            }
            if (packet == null) {
                throw new AssertionError("The client fell silent; " + this);
            }
            if (cutNow(0.01)) {
                connection.cut();
                return false;
            }
            Packet answer = answer(packet);
            if (cutNow(0.01)) {
                connection.cut();
                return false;
            }
            if (answer != null) {
                connection.send(answer);
            }
        }
    }

    private boolean cutNow(double chance) {
        boolean now = cuts < cutsWanted && random.nextDouble() < chance;
        cuts += now ? 1 : 0;
        return now;
    }

    private void sendMore(ScriptedConnection connection) {
        while (!toSend.isEmpty() && inFlight.size() + releasing.size() < 10) {
            Publish next = toSend.remove(0);
            inFlight.put(next.packetIdentifier(), next);
            connection.send(next);
        }
    }

    private @Nullable Packet answer(Packet packet) {
        if (packet instanceof Publish p) {
            return take(p);
        } else if (packet instanceof Pubrel p) {
            boolean held = unreleased.remove(p.packetIdentifier()) != null;
            return new Pubcomp(
                    p.packetIdentifier(),
                    held ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
        } else if (packet instanceof Puback p) {
            inFlight.remove(p.packetIdentifier());
            return null;
        } else if (packet instanceof Pubrec p) {
            if (inFlight.remove(p.packetIdentifier()) != null) {
                releasing.add(p.packetIdentifier());
            }
            return Packets.pubrel(p.packetIdentifier());
        } else if (packet instanceof Pubcomp p) {
            releasing.remove((Integer) p.packetIdentifier());
            return null;
        } else if (packet instanceof Subscribe s) {
            return Packets.suback(s, ReasonCode.GRANTED_QOS_2);
        }
        throw new AssertionError("Not expected here: " + packet);
    }

    private @Nullable Packet take(Publish p) {
        String text = p.message().payloadText();
        if (p.message().qos() == QoS.AT_MOST_ONCE) {
            received.add(text);
            return null;
        } else if (p.message().qos() == QoS.AT_LEAST_ONCE) {
            received.add(text);
            return Packets.puback(p);
        }
        if (unreleased.put(p.packetIdentifier(), true) == null) {
            received.add(text);
        } else if (!p.dup()) {
            throw new AssertionError("An identifier in use was used for a new message: " + p);
        }
        return Packets.pubrec(p);
    }

    @Override
    public String toString() {
        return "cuts "
                + cuts
                + ", received "
                + received.size()
                + ", in flight "
                + inFlight.keySet()
                + ", releasing "
                + releasing
                + ", to send "
                + toSend.size();
    }
}
