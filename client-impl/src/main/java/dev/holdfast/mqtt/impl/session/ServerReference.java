package dev.holdfast.mqtt.impl.session;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of the references in a Server Reference (MQTT 5, section 4.11): {@code name}, {@code
 * name:port} or either with an IPv6 address in {@code [ ]}, as the standard recommends, and with
 * {@code mqtt://} or {@code mqtts://} before it, as some servers write.
 */
final class ServerReference {
    private static final Pattern FORM =
            Pattern.compile(
                    "(?:(?<scheme>mqtts?)://)?(?<host>[a-z0-9.-]{1,253}|\\[[0-9a-f:.]{2,45}])"
                            + "(?::(?<port>[0-9]{1,5}))?");

    private ServerReference() {}

    /**
     * The address that a reference stands for.
     *
     * @param from the server that gave it, whose scheme holds if the reference has none
     * @throws URISyntaxException if it is no such reference
     */
    static URI parse(String reference, URI from) throws URISyntaxException {
        String lower = reference.toLowerCase(Locale.ROOT);
        Matcher form = FORM.matcher(lower);
        if (!form.matches()) {
            throw new URISyntaxException(reference, "is not host or host:port");
        }
        String port = form.group("port");
        if (port != null && !isPort(Integer.parseInt(port))) {
            throw new URISyntaxException(reference, "has a port that is not in 1 to 65,535");
        }
        String scheme = form.group("scheme");
        URI address =
                new URI(
                        (scheme == null ? scheme(from) : scheme)
                                + "://"
                                + form.group("host")
                                + (port == null ? "" : ":" + port));
        if (address.getHost() == null) {
            throw new URISyntaxException(reference, "has no valid host");
        }
        return address;
    }

    private static boolean isPort(int number) {
        return number >= 1 && number <= 65_535;
    }

    static boolean isTls(URI server) {
        return scheme(server).equals("mqtts");
    }

    /** The port in use, the default of its scheme if the address has none. */
    static int port(URI server) {
        int standard = isTls(server) ? 8883 : 1883;
        return server.getPort() > 0 ? server.getPort() : standard;
    }

    private static String scheme(URI server) {
        return server.getScheme().toLowerCase(Locale.ROOT);
    }
}
