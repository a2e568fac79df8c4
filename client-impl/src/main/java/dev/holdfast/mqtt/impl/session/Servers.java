package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which server is tried next. A round goes through the list once, and wherever servers send the
 * client on the way (MQTT 5, section 4.11); between rounds the {@link
 * dev.holdfast.mqtt.ReconnectPolicy} is asked.
 *
 * <p>Not final, so that the simulation can break one rule at a time.
 */
class Servers {
    /** More references of one Server Reference are not looked at. */
    static final int MOST_REFERENCES = 8;

    private static final int MOST_QUOTED = 200;

    /** As configured, until one of them has moved. */
    private List<URI> list;

    private final ServerOrder order;
    private final @Nullable Redirects redirects;

    /** The last of {@link #list} whose turn it was. */
    private int turn = -1;

    /** How many of {@link #list} have not had their turn in this round. */
    private int left;

    /** Where the last server has sent the client, and it has not been yet. */
    private List<URI> targets = List.of();

    /** Whether each of {@link #targets} stands for the one whose turn it is, for good. */
    private boolean targetsReplace;

    /** Redirections followed in this round. */
    private int hops;

    private URI current;

    /** Whether {@link #current} was named by another server. */
    private boolean redirected;

    /** Whether {@link #current} is the one whose turn it is, or what it has moved to. */
    private boolean isOfList = true;

    /** Who last confirmed the session in this run. */
    private @Nullable URI confirmedBy;

    /** Whether the current server has said that the client should use another one. */
    private boolean isSentAway;

    /** Why this round has failed so far. */
    private @Nullable MqttException failure;

    Servers(ClientSettings settings) {
        this(settings.servers(), settings.serverOrder(), settings.redirects());
    }

    Servers(List<URI> configured, ServerOrder order, @Nullable Redirects redirects) {
        this.list = List.copyOf(configured);
        this.order = order;
        this.redirects = redirects;
        this.current = list.get(0);
    }

    /** The address that is tried, or was last. */
    URI current() {
        return current;
    }

    /** Whether another server has named it. */
    boolean isRedirected() {
        return redirected;
    }

    /**
     * Whether another server than this one confirmed the session last, or none in this run: then
     * this one need not know the same session. It may have made, or kept, one of its own.
     */
    boolean isElsewhere() {
        boolean onlyOne = list.size() == 1 && redirects == null;
        return !onlyOne && !current.equals(confirmedBy);
    }

    // ---- rounds

    /** Begins a round with its first server. */
    void begin() {
        startAnew();
        left = list.size();
        turn = order == ServerOrder.IN_ORDER ? -1 : turn;
        takeTurn();
    }

    /**
     * The current server has failed, or its connection was lost. Goes on to the next one of this
     * round, if that is the thing to do: what was lost while connected is not made up for by
     * another server, unless the server itself has sent the client away.
     *
     * @return false if the policy is to be asked, because of {@link #failure}
     */
    boolean next(MqttException cause, boolean wasConnected) {
        boolean ofThisServer =
                wasConnected ? isSentAway : !(cause instanceof MqttException.SessionUnknown);
        note(cause, ofThisServer);
        if (!ofThisServer) {
            targets = List.of();
            return false;
        }
        if (!targets.isEmpty()) {
            current = targets.get(0);
            targets = targets.subList(1, targets.size());
            redirected = true;
            isOfList = targetsReplace;
            isSentAway = false;
            return true;
        }
        if (left == 0) {
            return false;
        }
        takeTurn();
        return true;
    }

    /** One that need not last is the reason to try again, if there was any in this round. */
    private void note(MqttException cause, boolean ofThisServer) {
        MqttException before = failure;
        boolean keep = ofThisServer && before != null && !before.permanent() && cause.permanent();
        failure = keep ? before : cause;
    }

    /** Why this round has failed. */
    MqttException failure() {
        return Objects.requireNonNull(failure, "no server has failed");
    }

    private void takeTurn() {
        turn = (turn + 1) % list.size();
        left--;
        current = list.get(turn);
        redirected = false;
        isOfList = true;
        isSentAway = false;
    }

    /** The current server has accepted the client: where it moved to is its place. */
    void accepted() {
        confirmedBy = current;
        targets = List.of();
        failure = null;
        if (isOfList && !current.equals(list.get(turn))) {
            List<URI> moved = new ArrayList<>(list);
            moved.set(turn, current);
            list = moved;
        }
    }

    /** The connection has lasted: the others may be tried again, and redirections followed. */
    void startAnew() {
        targets = List.of();
        hops = 0;
        left = list.size() - 1;
        failure = null;
    }

    // ---- redirections

    /**
     * The current server sends the client away. Where it may go is tried next.
     *
     * @return what follows, for people; empty if this is no redirection
     */
    String redirect(ReasonCode reason, @Nullable String reference) {
        if (reason != ReasonCode.USE_ANOTHER_SERVER && reason != ReasonCode.SERVER_MOVED) {
            return "";
        }
        isSentAway = true;
        if (reference == null) {
            return ". It names no other server";
        }
        String names = ". It names " + quoted(reference);
        Redirects policy = redirects;
        if (policy == null) {
            return names + ", which redirects(Redirects.to(…)) would allow to follow";
        }
        if (exceeds(policy.hops())) {
            return names
                    + ", which is not followed after "
                    + hops
                    + " redirections in a row: do these servers send clients to each other? The"
                    + " bound is redirects(….atMost("
                    + policy.hops()
                    + "))";
        }
        List<String> refused = new ArrayList<>();
        List<URI> allowed = targets(reference, policy, refused);
        if (allowed.isEmpty()) {
            return names + ", which is not followed: " + String.join("; ", refused);
        }
        hops++;
        targets = allowed;
        targetsReplace = isOfList && reason == ReasonCode.SERVER_MOVED;
        return names + ", which is followed";
    }

    boolean exceeds(int mostHops) {
        return hops >= mostHops;
    }

    private List<URI> targets(String reference, Redirects policy, List<String> refused) {
        List<URI> allowed = new ArrayList<>();
        for (String one : reference.split(" ", MOST_REFERENCES + 1)) {
            if (allowed.size() + refused.size() == MOST_REFERENCES) {
                refused.add("more than " + MOST_REFERENCES + " are not looked at");
                break;
            }
            try {
                URI target = ServerReference.parse(one, current);
                String why = whyNot(target, policy);
                if (why == null) {
                    allowed.add(target);
                } else {
                    refused.add(why);
                }
            } catch (URISyntaxException e) {
                refused.add("'" + quoted(one) + "' " + e.getReason());
            }
        }
        return allowed;
    }

    private @Nullable String whyNot(URI target, Redirects policy) {
        int port = ServerReference.port(target);
        if (lacksTls(target)) {
            return target + " has no TLS, which this connection has: the server must name mqtts://";
        }
        if (!allows(policy, target)) {
            String place = target.getHost() + ":" + port;
            return place + " is not allowed; Redirects.to(\"" + place + "\", …) would allow it";
        }
        return null;
    }

    boolean allows(Redirects policy, URI target) {
        return policy.allows(target.getHost(), ServerReference.port(target));
    }

    boolean lacksTls(URI target) {
        return ServerReference.isTls(current) && !ServerReference.isTls(target);
    }

    /** Words of a server, of a length that a log can take. */
    private static String quoted(String words) {
        String visible = words.replaceAll("\\p{Cntrl}", "?");
        return visible.length() <= MOST_QUOTED ? visible : visible.substring(0, MOST_QUOTED) + "…";
    }
}
