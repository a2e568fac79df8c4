package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Reads the fields of one packet after another. Nothing is read beyond the packet's end, and the
 * buffer's own index stays where it is.
 */
final class PacketReader {
    private String packet = "";
    private ByteBuf in = Unpooled.EMPTY_BUFFER;
    private int index;
    private int end;

    void start(String packet, ByteBuf in, int from, int end) {
        this.packet = packet;
        this.in = in;
        this.index = from;
        this.end = end;
    }

    /** Lets go of the buffer. */
    void stop() {
        in = Unpooled.EMPTY_BUFFER;
    }

    int remaining() {
        return end - index;
    }

    int oneByte(String field) {
        return in.getUnsignedByte(skip(1, field));
    }

    int twoByteInteger(String field) {
        return in.getUnsignedShort(skip(2, field));
    }

    long fourByteInteger(String field) {
        return in.getUnsignedInt(skip(4, field));
    }

    int variableByteInteger(String field) {
        int value = VariableByteInteger.read(in, index, end);
        switch (value) {
            case VariableByteInteger.INCOMPLETE -> throw cutShort(field);
            case VariableByteInteger.TOO_LONG ->
                    throw malformed("the " + field + " takes more than four bytes");
            case VariableByteInteger.NOT_SHORTEST ->
                    throw malformed("the " + field + " takes more bytes than it needs");
            default -> index += VariableByteInteger.size(value);
        }
        return value;
    }

    String string(String field) {
        int length = twoByteInteger(field);
        int from = skip(length, field);
        if (Utf8.isPlainAscii(in, from, length)) {
            return in.toString(from, length, StandardCharsets.US_ASCII);
        }
        String complaint = Utf8.complaint(in, from, length);
        if (complaint != null) {
            throw malformed("the " + field + " " + complaint);
        }
        return in.toString(from, length, StandardCharsets.UTF_8);
    }

    byte[] binaryData(String field) {
        int length = twoByteInteger(field);
        byte[] bytes = new byte[length];
        in.getBytes(skip(length, field), bytes);
        return bytes;
    }

    int packetIdentifier() {
        int identifier = twoByteInteger("Packet Identifier");
        if (identifier == 0) {
            throw protocolError("the Packet Identifier is 0; it must be 1 to 65,535");
        }
        return identifier;
    }

    ReasonCode reasonCode(Set<ReasonCode> allowed) {
        int value = oneByte("Reason Code");
        ReasonCode code = ReasonCode.of(value);
        if (code == null) {
            throw protocolError(
                    String.format("the Reason Code 0x%02X does not exist in MQTT 5", value));
        }
        if (!allowed.contains(code)) {
            throw protocolError("a server may not send the Reason Code " + code + " in it");
        }
        return code;
    }

    /** The rest of the packet. */
    byte[] rest() {
        byte[] bytes = new byte[remaining()];
        in.getBytes(skip(bytes.length, "Payload"), bytes);
        return bytes;
    }

    /** Hides what follows the next bytes until {@link #leave} is given what this returned. */
    int enter(int length, String section) {
        int outerEnd = end;
        index = skip(length, section);
        end = index + length;
        return outerEnd;
    }

    void leave(int outerEnd) {
        end = outerEnd;
    }

    void requireAllRead() {
        if (remaining() > 0) {
            throw malformed("bytes follow where the packet should end");
        }
    }

    ProtocolViolation violation(ReasonCode reason, String complaint) {
        return new ProtocolViolation(reason, packet + " from the server: " + complaint);
    }

    ProtocolViolation malformed(String complaint) {
        return violation(ReasonCode.MALFORMED_PACKET, complaint);
    }

    ProtocolViolation protocolError(String complaint) {
        return violation(ReasonCode.PROTOCOL_ERROR, complaint);
    }

    private int skip(int length, String field) {
        int from = index;
        if (length > end - from) {
            throw cutShort(field);
        }
        index = from + length;
        return from;
    }

    private ProtocolViolation cutShort(String field) {
        return malformed("the packet ends within the " + field);
    }
}
