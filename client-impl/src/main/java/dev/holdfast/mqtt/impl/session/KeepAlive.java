package dev.holdfast.mqtt.impl.session;

/**
 * When to send PINGREQ, and when to give up on a server (MQTT 5, section 3.1.2.10). The silence of
 * this client is measured from the last packet <em>sent</em>: what the server sends proves nothing
 * about it. The silence of the server calls for a PINGREQ as well, or a client that only publishes
 * at QoS 0 would never notice that it does so into the void. All times in milliseconds.
 */
final class KeepAlive {
    private static final long SHORTEST_PATIENCE = 2_000;
    private static final long LONGEST_PATIENCE = 10_000;
    private static final long LONGEST_HEAD_START = 5_000;

    /** What shows that the server is alive while a large packet arrives, in bytes. */
    static final long PROGRESS = 512;

    /** 0 while off or not connected. */
    private long interval;

    private long lastSent;
    private long lastReceived;

    /** Bytes that came since then, of a packet that is not complete. */
    private long progress;

    /** When the first PINGREQ without an answer was sent; {@link Time#NEVER} if there is none. */
    private long pingSent = Time.NEVER;

    void start(int seconds, long now) {
        interval = seconds * 1_000L;
        lastSent = now;
        received(now);
        pingSent = Time.NEVER;
    }

    void stop() {
        interval = 0;
    }

    void sent(long now) {
        lastSent = now;
    }

    /** A whole packet shows that the server is alive. */
    void received(long now) {
        lastReceived = now;
        progress = 0;
    }

    /**
     * An answer may have to wait behind a large packet, which shows that the server is alive as
     * long as it moves: a server that sends a byte now and then must not keep the connection for
     * ever.
     */
    void receivedPart(long bytes, long now) {
        if (now > lastReceived) {
            progress += bytes;
        }
        if (progress >= PROGRESS) {
            received(now);
        }
    }

    void answered() {
        pingSent = Time.NEVER;
    }

    /** Also without an answer to the last one: the server must hear of this client in any case. */
    boolean pingDue(long now) {
        return interval > 0 && now >= nextPing();
    }

    void pinged(long now) {
        pingSent = Math.min(pingSent, now);
    }

    boolean serverSilent(long now) {
        return interval > 0 && pingSent != Time.NEVER && now >= patienceEnds();
    }

    long deadline() {
        if (interval == 0) {
            return Time.NEVER;
        }
        return pingSent == Time.NEVER ? nextPing() : Math.min(nextPing(), patienceEnds());
    }

    /** A little early, so that a late timer does not make the silence longer than promised. */
    private long nextPing() {
        long silentSince = pingSent == Time.NEVER ? Math.min(lastSent, lastReceived) : lastSent;
        return silentSince + interval - Math.min(interval / 10, LONGEST_HEAD_START);
    }

    private long patienceEnds() {
        long patience = Math.min(LONGEST_PATIENCE, Math.max(SHORTEST_PATIENCE, interval));
        return Math.max(pingSent, lastReceived) + patience;
    }
}
