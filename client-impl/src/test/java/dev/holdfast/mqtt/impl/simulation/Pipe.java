package dev.holdfast.mqtt.impl.simulation;

import java.util.ArrayDeque;
import java.util.Arrays;

/** One direction of a network connection: bytes in their order, in pieces, after a while. */
final class Pipe {
    /** The far end. */
    interface Receiver {
        void arrived(byte[] piece);

        /** No more will come. */
        void ended();
    }

    private static final byte[] END = {};

    private final Simulation sim;
    private final Receiver receiver;
    private final ArrayDeque<byte[]> underway = new ArrayDeque<>();
    private long lastArrival;
    private int bytes;
    private boolean closed;
    private boolean silent;

    Pipe(Simulation sim, Receiver receiver) {
        this.sim = sim;
        this.receiver = receiver;
    }

    /** How many bytes have been written and have not arrived. */
    int bytesUnderway() {
        return bytes;
    }

    void write(byte[] all) {
        for (int start = 0; start < all.length && !closed; ) {
            int length = all.length - start;
            if (sim.faults.strike(sim.faults.fragments)) {
                length = sim.chance.between(1, length);
            }
            send(Arrays.copyOfRange(all, start, start + length));
            start += length;
        }
    }

    private void send(byte[] piece) {
        underway.add(piece);
        bytes += piece.length;
        long now = sim.agenda.now();
        lastArrival = Math.max(lastArrival, now + sim.faults.delay(sim.faults.latency));
        sim.agenda.after(lastArrival - now, this::arrive);
    }

    private void arrive() {
        if (silent || underway.isEmpty()) {
            return;
        }
        byte[] piece = underway.poll();
        bytes -= piece.length;
        if (piece == END) {
            receiver.ended();
        } else {
            receiver.arrived(piece);
        }
    }

    /** Nothing follows on what was written; the far end learns it. */
    void end() {
        if (!closed) {
            send(END);
            closed = true;
        }
    }

    /** The connection breaks: a part of what is underway still arrives, and then its end. */
    void cut() {
        int keep = sim.chance.upTo(bytes);
        ArrayDeque<byte[]> all = new ArrayDeque<>(underway);
        underway.clear();
        bytes = 0;
        for (byte[] piece : all) {
            int length = Math.min(piece.length, keep);
            if (length > 0) {
                keep -= length;
                bytes += length;
                underway.add(length == piece.length ? piece : Arrays.copyOf(piece, length));
                sim.agenda.after(Math.max(0, lastArrival - sim.agenda.now()), this::arrive);
            }
        }
        silent = false;
        closed = false;
        end();
    }

    /** From now on nothing arrives, and nobody is told. */
    void silence() {
        silent = true;
    }

    /** What is underway is of no interest to the far end any more. */
    void abandon() {
        underway.clear();
        bytes = 0;
        closed = true;
    }
}
