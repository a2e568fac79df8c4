package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What a server said to end a connection, in words for people, with the mend where one is known.
 */
final class Refusals {
    private Refusals() {}

    /**
     * A CONNACK that refuses.
     *
     * @param redirection as {@link Servers#redirect} tells
     */
    static MqttException refused(URI server, Connack c, String redirection) {
        return new MqttException.ConnectRefused(
                name(server)
                        + " refused the connection: "
                        + said(c.reason(), c.reasonString())
                        + redirection
                        + mend(c),
                c.reason(),
                c.reasonString(),
                c.serverReference(),
                c.userProperties());
    }

    /** A CONNACK with a limit that nobody can keep. */
    static MqttException takesTooLittle(URI server, Connack c) {
        return new MqttException.ConnectionLost(
                name(server)
                        + " takes packets of "
                        + c.maximumPacketSize()
                        + " bytes at most, which is too little to talk to it: raise its Maximum Packet"
                        + " Size",
                null,
                true);
    }

    /**
     * A DISCONNECT.
     *
     * @param redirection as {@link Servers#redirect} tells
     * @param asksAnew whether the next attempt brings other credentials
     */
    static MqttException disconnected(
            URI server, Disconnect d, String redirection, boolean asksAnew) {
        String mend =
                d.reason() == ReasonCode.SESSION_TAKEN_OVER
                        ? ". Another client connected with the same Client Identifier, and this one"
                                + " does not fight for it: call connect() to take the session back"
                        : "";
        String text =
                name(server)
                        + " closed the connection: "
                        + said(d.reason(), d.reasonString())
                        + redirection
                        + mend;
        // A token that has expired, maybe: the next attempt brings another.
        boolean mayPass = d.reason() == ReasonCode.NOT_AUTHORIZED && asksAnew;
        return mayPass
                ? new MqttException.ConnectionLost(
                        text,
                        d.reason(),
                        d.reasonString(),
                        d.serverReference(),
                        d.userProperties(),
                        false)
                : new MqttException.ConnectionLost(
                        text,
                        d.reason(),
                        d.reasonString(),
                        d.serverReference(),
                        d.userProperties());
    }

    private static String name(URI server) {
        return "The server " + server.getHost() + ":" + ServerReference.port(server);
    }

    private static String said(ReasonCode reason, @Nullable String words) {
        return reason + (words == null ? "" : ", " + words);
    }

    private static String mend(Connack c) {
        return switch (c.reason()) {
            case BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED ->
                    ". Check credentials(…) and authentication(…), and the server's rules for this"
                            + " client";
            case BAD_AUTHENTICATION_METHOD ->
                    ". It does not know the method of authentication(…), or wants one";
            case CLIENT_IDENTIFIER_NOT_VALID -> ". Choose another clientIdentifier(…)";
            case UNSUPPORTED_PROTOCOL_VERSION -> ". It does not speak MQTT 5";
            case PACKET_TOO_LARGE ->
                    ". CONNECT was too large for it: shorten the will or the User Properties";
            case QOS_NOT_SUPPORTED -> ". Lower the QoS of the will";
            case RETAIN_NOT_SUPPORTED -> ". Take retain from the will";
            default -> "";
        };
    }
}
