package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what is there, answers all of it with one write, and reads again. */
final class AckConnection implements Runnable {
    private static final int BUFFER_BYTES = 512 << 10;

    /** CONNACK with Receive Maximum 20,000: some clients take 65,535 for a negative number. */
    private static final byte[] CONNACK = {0x20, 6, 0, 0, 3, 0x21, 0x4E, 0x20};

    private static final byte[] PINGRESP = {(byte) 0xD0, 0};

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);

    // What the client asked for by its last SUBSCRIBE.
    private byte[] frame = {};
    private int identifierAt;
    private int sendQos;
    private int unsent;
    private int window;
    private int nextIdentifier = 1;

    AckConnection(SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public void run() {
        try (channel) {
            while (channel.read(in) >= 0) {
                in.flip();
                boolean whole = true;
                while (whole) {
                    whole = takePacket();
                }
                in.compact();
                send();
                flush();
            }
        } catch (IOException e) {
            // The client is gone, which is how each of them ends.
        }
    }

    private boolean takePacket() throws IOException {
        int start = in.position();
        int length = 0;
        int at = start + 1;
        for (int shift = 0; ; shift += 7) {
            if (at >= in.limit()) {
                return false;
            }
            byte digit = in.get(at++);
            length |= (digit & 127) << shift;
            if (digit >= 0) {
                break;
            }
        }
        if (in.limit() - at < length) {
            if (length > BUFFER_BYTES / 2) {
                throw new IOException("A packet of " + length + " bytes is too large");
            }
            return false;
        }
        answer(in.get(start) & 0xFF, at);
        in.position(at + length);
        return true;
    }

    private void answer(int firstByte, int body) throws IOException {
        room(16);
        switch (firstByte >> 4) {
            case 1 -> out.put(CONNACK);
            case 3 -> published(firstByte >> 1 & 3, body);
            case 4, 7 -> window++;
            case 5 -> acknowledge(0x62, in.getShort(body));
            case 6 -> acknowledge(0x70, in.getShort(body));
            case 8 -> subscribed(body);
            case 12 -> out.put(PINGRESP);
            case 14 -> throw new IOException("DISCONNECT");
            default -> throw new IOException("A packet of type " + (firstByte >> 4));
        }
    }

    private void published(int qos, int body) {
        if (qos > 0) {
            int topicLength = in.getShort(body) & 0xFFFF;
            acknowledge(qos == 1 ? 0x40 : 0x50, in.getShort(body + 2 + topicLength));
        }
    }

    private void acknowledge(int firstByte, short identifier) {
        out.put((byte) firstByte).put((byte) 2).putShort(identifier);
    }

    /** The Topic Filter says what to send: send/QoS/size/window/count and more to tell it apart. */
    private void subscribed(int body) {
        int filterAt = body + 2 + 1 + in.get(body + 2);
        byte[] filter = new byte[in.getShort(filterAt)];
        in.get(filterAt + 2, filter);
        String[] words = new String(filter, StandardCharsets.US_ASCII).split("/", -1);
        out.put((byte) 0x90).put((byte) 4).putShort(in.getShort(body)).put((byte) 0).put((byte) 2);
        if (words[0].equals("send")) {
            sendQos = Integer.parseInt(words[1]);
            window = Integer.parseInt(words[3]);
            unsent = Integer.parseInt(words[4]);
            makeFrame(filter, Integer.parseInt(words[2]));
        }
    }

    private void makeFrame(byte[] topic, int payloadBytes) {
        int length = 2 + topic.length + (sendQos > 0 ? 2 : 0) + 1 + payloadBytes;
        ByteBuffer made = ByteBuffer.allocate(length + 5);
        made.put((byte) (0x30 | sendQos << 1));
        for (int left = length; ; left >>= 7) {
            if (left < 128) {
                made.put((byte) left);
                break;
            }
            made.put((byte) ((left & 127) | 128));
        }
        made.putShort((short) topic.length).put(topic);
        identifierAt = made.position();
        if (sendQos > 0) {
            made.putShort((short) 0);
        }
        made.put((byte) 0).put(new byte[payloadBytes]);
        frame = Arrays.copyOf(made.array(), made.position());
    }

    private void send() throws IOException {
        while (unsent > 0 && (sendQos == 0 || window > 0)) {
            room(frame.length);
            int start = out.position();
            out.put(frame);
            if (sendQos > 0) {
                out.putShort(start + identifierAt, (short) nextIdentifier);
                nextIdentifier = nextIdentifier == 0xFFFF ? 1 : nextIdentifier + 1;
                window--;
            }
            unsent--;
        }
    }

    private void room(int bytes) throws IOException {
        if (out.remaining() < bytes) {
            flush();
        }
    }

    private void flush() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }
}
