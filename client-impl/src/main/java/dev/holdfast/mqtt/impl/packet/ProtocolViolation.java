package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;

/**
 * The server sent what it must not send: a Malformed Packet (0x81), a Protocol Error (0x82), or one
 * of the errors with a code of their own. The connection ends with a DISCONNECT that carries the
 * code (section 4.13).
 */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final ReasonCode reason;

    public ProtocolViolation(ReasonCode reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public static ProtocolViolation malformed(String message) {
        return new ProtocolViolation(ReasonCode.MALFORMED_PACKET, message);
    }

    public static ProtocolViolation protocolError(String message) {
        return new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, message);
    }

    public ReasonCode reason() {
        return reason;
    }
}
