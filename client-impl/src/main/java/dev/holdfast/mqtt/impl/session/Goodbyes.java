package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Calls of disconnect() in their order (MQTT 5, section 3.14): each waits for its time, is said,
 * and is done once the network connection is gone.
 */
final class Goodbyes {
    private static final class Goodbye {
        final long token;
        final DisconnectOptions options;

        /** When it is said at the latest; never after that of a later one. */
        long deadline;

        /** The batch that must be on disk before it is told; 0 for none. */
        long barrier;

        /** Calls of connect() made after it: they are answered by a new start. */
        final List<Long> connects = new ArrayList<>();

        Goodbye(long token, DisconnectOptions options, long deadline) {
            this.token = token;
            this.options = options;
            this.deadline = deadline;
        }
    }

    /** Until the first comes; stays empty. */
    private static final ArrayDeque<Goodbye> NONE = new ArrayDeque<>(1);

    private final Time time;
    private final Outbox outbox;
    private final ToLongFunction<Packet> encodedSize;

    /** Those that are not done. */
    private ArrayDeque<Goodbye> goodbyes = NONE;

    /** The first of them, while it is why the connection is closing. */
    private @Nullable Goodbye leaving;

    /** Whether its DISCONNECT was sent. */
    private boolean told;

    Goodbyes(Time time, Outbox outbox, ToLongFunction<Packet> encodedSize) {
        this.time = time;
        this.outbox = outbox;
        this.encodedSize = encodedSize;
    }

    void add(long token, DisconnectOptions options) {
        long deadline = time.now + Time.millis(options.afterPending());
        // What is to be over by then includes all that was asked for before.
        goodbyes.forEach(g -> g.deadline = Math.min(g.deadline, deadline));
        if (goodbyes == NONE) {
            goodbyes = new ArrayDeque<>(1);
        }
        goodbyes.add(new Goodbye(token, options, deadline));
    }

    boolean isEmpty() {
        return goodbyes.isEmpty();
    }

    /** A call of connect() that came after the last of them. */
    void connectAfterwards(long token) {
        goodbyes.getLast().connects.add(token);
    }

    /**
     * Whether one is to be said now.
     *
     * @param nothingToWaitFor whether there is nothing it should wait for until its deadline
     */
    boolean isDue(boolean nothingToWaitFor) {
        Goodbye first = goodbyes.peek();
        return first != null && (nothingToWaitFor || time.now >= first.deadline);
    }

    /** One whose time has come, and that is not said, waits for something else. */
    long deadline() {
        Goodbye first = goodbyes.peek();
        return first == null || first.deadline <= time.now ? Time.NEVER : first.deadline;
    }

    /**
     * Whether the first may be told. If it gives the session a time to live on, the disk must know
     * that first: a session nobody knows of could not be resumed.
     */
    boolean mayBeTold(Handshake handshake) {
        Goodbye first = goodbyes.element();
        long expiry = first.options.sessionExpiry().map(Duration::toSeconds).orElse(0L);
        // Once more after a new connection with a session that ends with it.
        if (expiry > 0 && handshake.mustBeEmpty()) {
            handshake.left(expiry);
            first.barrier = outbox.barrier();
        }
        return outbox.isStored(first.barrier);
    }

    /** The first is being said: the connection, if there is one, ends for its sake. */
    void leave() {
        leaving = goodbyes.element();
        told = false;
    }

    boolean isLeaving() {
        return leaving != null;
    }

    /** Tells the server what {@link #leave} has begun. */
    void tell(ServerLimits limits, Handshake handshake) {
        DisconnectOptions options = leaving().options;
        ReasonCode reason =
                options.isWithWill() ? ReasonCode.DISCONNECT_WITH_WILL_MESSAGE : ReasonCode.SUCCESS;
        long expiry =
                options.sessionExpiry().map(Duration::toSeconds).orElse((long) Disconnect.ABSENT);
        Disconnect full =
                new Disconnect(
                        reason,
                        expiry,
                        options.reasonString().orElse(null),
                        options.userProperties(),
                        null);
        boolean fits = encodedSize.applyAsLong(full) <= limits.maximumPacketSize();
        outbox.send(fits ? full : new Disconnect(reason, expiry, null, List.of(), null));
        told = true;
        if (expiry != Disconnect.ABSENT) {
            handshake.left(expiry);
        }
    }

    /**
     * The one that {@link #leave} has begun is done: there is no connection any more.
     *
     * @return calls of connect() that came after it
     */
    List<Long> left() {
        Goodbye goodbye = leaving();
        goodbyes.remove();
        leaving = null;
        boolean untold = goodbye.options.sessionExpiry().isPresent() && !told;
        outbox.tell(new Event.DisconnectDone(goodbye.token, untold ? notTold() : null));
        return goodbye.connects;
    }

    private Goodbye leaving() {
        if (leaving == null) {
            throw new IllegalStateException("No goodbye is being said");
        }
        return leaving;
    }

    private static MqttException notTold() {
        return new MqttException.ConnectionLost(
                "There was no connection to tell the server the Session Expiry Interval of"
                        + " disconnect(): its session lives on for as long as it was told before",
                null,
                false);
    }

    /**
     * All are done at once, since the client has stopped.
     *
     * @return calls of connect() that came after any of them
     */
    List<Long> stop() {
        List<Long> connects = new ArrayList<>();
        for (Goodbye goodbye : goodbyes) {
            outbox.tell(new Event.DisconnectDone(goodbye.token, null));
            connects.addAll(goodbye.connects);
        }
        goodbyes = NONE;
        leaving = null;
        return connects;
    }
}
