package dev.holdfast.mqtt.samples.brokers;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A client of a few bytes, to see what a broker does on the wire. Bytes are written in hex. */
public final class Peer implements AutoCloseable {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    /** Connects the socket. */
    public Peer(URI uri) throws IOException {
        socket = new Socket(uri.getHost(), uri.getPort());
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** Sends CONNECT with Clean Start 0; returns the flags and the reason code of CONNACK. */
    public String connect(String identifier, int expirySeconds) throws IOException {
        byte[] name = identifier.getBytes(StandardCharsets.UTF_8);
        send(
                "10 %02X 00 04 4D 51 54 54 05 00 00 3C 05 11 00 00 00 %02X 00 %02X %s"
                        .formatted(
                                18 + name.length, expirySeconds, name.length, HEX.formatHex(name)));
        return packet().substring("20 00 ".length(), "20 00 00 00".length());
    }

    /** Sends bytes. */
    public void send(String hex) throws IOException {
        out.write(HEX.parseHex(hex));
        out.flush();
    }

    /** The next packet, which must be shorter than 128 bytes. */
    public String packet() throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte();
        byte[] packet = new byte[2 + length];
        packet[0] = (byte) first;
        packet[1] = (byte) length;
        in.readFully(packet, 2, length);
        return HEX.formatHex(packet);
    }

    /** Whether the broker closes the connection without a further byte. */
    public boolean isAtEnd() throws IOException {
        return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
