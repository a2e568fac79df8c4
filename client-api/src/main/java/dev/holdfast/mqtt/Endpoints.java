package dev.holdfast.mqtt;

import java.net.URI;
import java.util.Locale;

/** The forms of a server's address. */
final class Endpoints {
    private Endpoints() {}

    static URI requireSupported(URI server) {
        String scheme =
                server.getScheme() == null ? "" : server.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("mqtt") && !scheme.equals("mqtts")) {
            throw new IllegalArgumentException(
                    "Server address '"
                            + redacted(server)
                            + "': it must start with mqtt:// or mqtts://");
        }
        if (server.getHost() == null) {
            throw new IllegalArgumentException(
                    "Server address '"
                            + redacted(server)
                            + "' names no host; write "
                            + scheme
                            + "://host:port, with [ ] around an IPv6 address");
        }
        if (server.getUserInfo() != null) {
            throw new IllegalArgumentException(
                    "Server address '"
                            + redacted(server)
                            + "' contains credentials; give them to credentials(…) instead");
        }
        boolean path =
                server.getPath() != null
                        && !server.getPath().isEmpty()
                        && !server.getPath().equals("/");
        if (path || server.getQuery() != null || server.getFragment() != null) {
            throw new IllegalArgumentException(
                    "Server address '"
                            + redacted(server)
                            + "' must end after the port: MQTT over TCP has no path");
        }
        if (server.getPort() == 0 || server.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    "Server address '" + redacted(server) + "': the port is not in 1 to 65,535");
        }
        return server;
    }

    /** An address for people, without what may be a secret. */
    private static String redacted(URI server) {
        return server.toString().replaceFirst("//[^/]*@", "//…@");
    }
}
