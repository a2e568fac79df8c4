package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what is there, answers all of it with one write, and reads again. */
final class AckConnection implements Runnable {
    private static final int FIRST_BUFFER_BYTES = 1 << 10;
    private static final int BUFFER_BYTES = 512 << 10;

    /** What is read or written in one go, which the processor's caches should hold. */
    private static final int CHUNK_BYTES = 64 << 10;

    /** With Receive Maximum 20,000: some clients take 65,535 for a negative number. */
    private static final byte[] CONNACK = {0x20, 6, 0, 0, 3, 0x21, 0x4E, 0x20};

    private static final byte[] PINGRESP = {(byte) 0xD0, 0};
    private static final int CLEAN_START = 2;

    private final SocketChannel channel;
    private final Tally tally;
    private final boolean numbered;
    private final Tally.Part counted = new Tally.Part();

    // They grow with what comes and goes: there may be thousands of connections.
    private ByteBuffer in = ByteBuffer.allocateDirect(FIRST_BUFFER_BYTES);
    private ByteBuffer out = ByteBuffer.allocateDirect(FIRST_BUFFER_BYTES);

    /** The number at the beginning of the last message. */
    private long number;

    // What the client asked for by its last SUBSCRIBE; what an earlier one asked for is sent like
    // it.
    private byte[] frame = {};
    private int identifierAt;
    private int sendQos;
    private int unsent;
    private int window;
    private int inFlight;
    private int nextIdentifier = 1;

    AckConnection(SocketChannel channel, Tally tally, boolean numbered) {
        this.channel = channel;
        this.tally = tally;
        this.numbered = numbered;
    }

    /** The Topic Filter that has the server send messages. */
    static String request(Work work, int count, int unique) {
        return "send/%d/%d/%d/%d/%d"
                .formatted(work.qos(), work.payloadBytes(), work.window(), count, unique);
    }

    @Override
    public void run() {
        try (channel) {
            while (channel.read(in) >= 0) {
                boolean more = !in.hasRemaining();
                in.flip();
                boolean whole = true;
                while (whole) {
                    whole = takePacket();
                }
                in.compact();
                if (!in.hasRemaining() || (more && in.capacity() < CHUNK_BYTES)) {
                    in = grown(in);
                }
                send();
                tally.add(counted);
                flush();
            }
        } catch (IOException e) {
            // The client is gone, which is how each of them ends.
        } finally {
            tally.add(counted);
        }
    }

    private static ByteBuffer grown(ByteBuffer full) throws IOException {
        if (full.capacity() == BUFFER_BYTES) {
            throw new IOException("A packet is larger than " + BUFFER_BYTES + " bytes");
        }
        return ByteBuffer.allocateDirect(2 * full.capacity()).put(full.flip());
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
            return false;
        }
        answer(in.get(start) & 0xFF, at, length);
        in.position(at + length);
        return true;
    }

    private void answer(int firstByte, int body, int length) throws IOException {
        room(16);
        switch (firstByte >> 4) {
            case 1 -> connected(body);
            case 3 -> published(firstByte >> 1 & 3, body, length);
            case 4, 7 -> {
                inFlight--;
                counted.settled++;
            }
            case 5 -> acknowledge(0x62, in.getShort(body));
            case 6 -> {
                acknowledge(0x70, in.getShort(body));
                counted.published++;
            }
            case 8 -> subscribed(body);
            case 10 -> unsubscribed(body);
            case 12 -> out.put(PINGRESP);
            case 14 -> throw new IOException("DISCONNECT");
            default -> throw new IOException("A packet of type " + (firstByte >> 4));
        }
    }

    private void connected(int body) {
        int flagsAt = body + 2 + 4 + 1;
        int propertiesAt = flagsAt + 1 + 2;
        String client = text(afterProperties(propertiesAt));
        boolean present = tally.connect(client, (in.get(flagsAt) & CLEAN_START) != 0);
        int start = out.position();
        out.put(CONNACK).put(start + 2, (byte) (present ? 1 : 0));
    }

    /** Behind the Property Length that stands here, and the properties. */
    private int afterProperties(int at) {
        int length = 0;
        int next = at;
        for (int shift = 0; ; shift += 7) {
            byte digit = in.get(next++);
            length |= (digit & 127) << shift;
            if (digit >= 0) {
                return next + length;
            }
        }
    }

    private String text(int at) {
        byte[] bytes = new byte[in.getShort(at) & 0xFFFF];
        in.get(at + 2, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private void published(int qos, int body, int length) {
        int identifierFrom = body + 2 + (in.getShort(body) & 0xFFFF);
        if (qos > 0) {
            acknowledge(qos == 1 ? 0x40 : 0x50, in.getShort(identifierFrom));
        }
        counted.publishes++;
        counted.publishedBytes += length;
        // At QoS 2 PUBREL is what completes it.
        counted.published += qos < 2 ? 1 : 0;
        if (numbered) {
            long next = in.getLong(afterProperties(identifierFrom + (qos > 0 ? 2 : 0)));
            counted.outOfOrder += next == number + 1 ? 0 : 1;
            number = next;
        }
    }

    private void acknowledge(int firstByte, short identifier) {
        out.put((byte) firstByte).put((byte) 2).putShort(identifier);
    }

    /** The Topic Filter says what to send; see {@link #request}. */
    private void subscribed(int body) {
        String filter = text(afterProperties(body + 2));
        String[] words = filter.split("/", -1);
        out.put((byte) 0x90).put((byte) 4).putShort(in.getShort(body)).put((byte) 0).put((byte) 2);
        if (words[0].equals("send")) {
            sendQos = Integer.parseInt(words[1]);
            window = Integer.parseInt(words[3]);
            unsent += Integer.parseInt(words[4]);
            makeFrame(filter.getBytes(StandardCharsets.US_ASCII), Integer.parseInt(words[2]));
        }
    }

    /** From one Topic Filter, which is all that the clients here do. */
    private void unsubscribed(int body) {
        out.put((byte) 0xB0).put((byte) 4).putShort(in.getShort(body)).put((byte) 0).put((byte) 0);
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
        while (unsent > 0 && (sendQos == 0 || inFlight < window)) {
            room(frame.length);
            int start = out.position();
            out.put(frame);
            if (sendQos > 0) {
                out.putShort(start + identifierAt, (short) nextIdentifier);
                nextIdentifier = nextIdentifier == 0xFFFF ? 1 : nextIdentifier + 1;
                inFlight++;
            }
            unsent--;
            counted.sent++;
        }
    }

    private void room(int bytes) throws IOException {
        while (out.remaining() < bytes) {
            if (out.capacity() < CHUNK_BYTES || out.capacity() < bytes) {
                out = grown(out);
            } else {
                flush();
            }
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
