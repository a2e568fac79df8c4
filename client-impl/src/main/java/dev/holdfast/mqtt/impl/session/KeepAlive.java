package dev.holdfast.mqtt.impl.session;

/**
 * When to send PINGREQ, and when to give up on a server (MQTT 5, section 3.1.2.10). Silence is
 * measured from the last packet <em>sent</em>: what the server sends proves nothing about this
 * client. All times in milliseconds.
 */
final class KeepAlive {
    private static final long SHORTEST_PATIENCE = 2_000;
    private static final long LONGEST_PATIENCE = 10_000;
    private static final long LONGEST_HEAD_START = 5_000;

    /** 0 while off or not connected. */
    private long interval;

    private long lastSent;
    private long lastReceived;

    /** When the PINGREQ that is not answered yet was sent; {@link Time#NEVER} if there is none. */
    private long pingSent = Time.NEVER;

    void start(int seconds, long now) {
        interval = seconds * 1_000L;
        lastSent = now;
        lastReceived = now;
        pingSent = Time.NEVER;
    }

    void stop() {
        interval = 0;
    }

    void sent(long now) {
        lastSent = now;
    }

    /** Any packet shows that the server is alive, but only PINGRESP answers PINGREQ. */
    void received(long now, boolean pingresp) {
        lastReceived = now;
        if (pingresp) {
            pingSent = Time.NEVER;
        }
    }

    boolean pingDue(long now) {
        return interval > 0 && pingSent == Time.NEVER && now >= nextPing();
    }

    void pinged(long now) {
        pingSent = now;
    }

    boolean serverSilent(long now) {
        return interval > 0 && pingSent != Time.NEVER && now >= patienceEnds();
    }

    long deadline() {
        if (interval == 0) {
            return Time.NEVER;
        }
        return pingSent == Time.NEVER ? nextPing() : patienceEnds();
    }

    /** A little early, so that a late timer does not make the silence longer than promised. */
    private long nextPing() {
        return lastSent + interval - Math.min(interval / 10, LONGEST_HEAD_START);
    }

    private long patienceEnds() {
        long patience = Math.min(LONGEST_PATIENCE, Math.max(SHORTEST_PATIENCE, interval));
        return Math.max(pingSent, lastReceived) + patience;
    }
}
