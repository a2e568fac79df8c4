package dev.holdfast.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where servers may send this client (MQTT 5, section 4.11): a server that answers Use another
 * server (0x9C) or Server moved (0x9D) decides where the client shows its credentials next, so it
 * is followed only to hosts that are listed here, and never from TLS to a connection without.
 *
 * <pre>{@code
 * Redirects.to("broker2.example.com:8883", "*.cluster.example.com").atMost(2)
 * }</pre>
 */
public final class Redirects {
    private static final int MOST_HOPS = 10;
    private static final int MOST_PATTERNS = 1_000;
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
    private static final Pattern FORM =
            Pattern.compile(
                    "(?<host>(\\*\\.)?%1$s(\\.%1$s)*|\\[[0-9A-Fa-f:.]+])(:(?<port>[0-9]{1,5}))?"
                            .formatted(LABEL));

    /** A host, or with a leading {@code *} what its name ends with; port 0 stands for any. */
    private record Allowed(String host, int port) {
        boolean allows(String otherHost, int otherPort) {
            boolean sameHost =
                    host.startsWith("*")
                            ? otherHost.endsWith(host.substring(1))
                                    && otherHost.length() > host.length() - 1
                            : otherHost.equals(host);
            return sameHost && (port == 0 || port == otherPort);
        }

        @Override
        public String toString() {
            return port == 0 ? host : host + ":" + port;
        }
    }

    private final List<Allowed> allowed;
    private final int hops;

    private Redirects(List<Allowed> allowed, int hops) {
        this.allowed = allowed;
        this.hops = hops;
    }

    /**
     * Lists the servers that the client may be sent to, and follows three redirections in a row at
     * most.
     *
     * @param servers 1 to 1,000, each {@code host}, {@code host:port}, {@code *.domain} or {@code
     *     *.domain:port}; without a port any is allowed; {@code *.} stands for one or more labels;
     *     an IPv6 address stands in {@code [ ]}, written as servers write it
     * @return the policy
     * @throws IllegalArgumentException if one has another form
     */
    public static Redirects to(String... servers) {
        if (servers.length == 0 || servers.length > MOST_PATTERNS) {
            throw new IllegalArgumentException(
                    "Redirects.to(…) takes 1 to 1,000 hosts; leave out redirects(…) to follow none");
        }
        List<Allowed> allowed = new ArrayList<>();
        for (String one : servers) {
            allowed.add(parse(one));
        }
        return new Redirects(List.copyOf(allowed), 3);
    }

    private static Allowed parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "Redirects.to(\""
                            + text
                            + "\"): write host, host:port, *.domain or *.domain:port, without"
                            + " mqtt:// and with [ ] around an IPv6 address");
        }
        String port = form.group("port");
        int number = port == null ? 0 : Integer.parseInt(port);
        if (port != null && (number < 1 || number > 65_535)) {
            throw new IllegalArgumentException(
                    "Redirects.to(\"" + text + "\"): the port is not in 1 to 65,535");
        }
        return new Allowed(form.group("host").toLowerCase(Locale.ROOT), number);
    }

    /**
     * Bounds how many redirections in a row are followed at once. At the bound the attempt has
     * failed, and the {@link ReconnectPolicy} says what comes next; so two servers that send the
     * client to each other are no endless loop.
     *
     * @param redirections 1 to 10
     * @return a policy with this bound
     * @throws IllegalArgumentException if it is not in 1 to 10
     */
    public Redirects atMost(int redirections) {
        if (redirections < 1 || redirections > MOST_HOPS) {
            throw new IllegalArgumentException(
                    "Redirects.atMost(" + redirections + ") is not in 1 to " + MOST_HOPS);
        }
        return new Redirects(allowed, redirections);
    }

    /**
     * How many redirections in a row are followed.
     *
     * @return 1 to 10
     */
    public int hops() {
        return hops;
    }

    /**
     * Whether the client may be sent there.
     *
     * @param host a name or an address, an IPv6 address in {@code [ ]}; case does not matter
     * @param port 1 to 65,535
     * @return whether one of the listed hosts matches
     */
    public boolean allows(String host, int port) {
        String lower = host.toLowerCase(Locale.ROOT);
        return allowed.stream().anyMatch(a -> a.allows(lower, port));
    }

    @Override
    public String toString() {
        return "Redirects.to" + allowed + ".atMost(" + hops + ")";
    }
}
