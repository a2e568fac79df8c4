package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.holdfast.mqtt.impl.Fuzz;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Frames that were right until something happened to them. More with {@code
 * -Dfuzz.frames=10000000}, one again with {@code -Dfuzz.seed=4711 -Dfuzz.frames=1}.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class MutationTest {
    private static final int FRAMES = 200_000;
    private static final int MAXIMUM_PACKET_SIZE = 2_000;

    /**
     * What one packet may take for each byte of the Maximum Packet Size: the worst are User
     * Properties, of which each needs five bytes on the wire and three objects here.
     */
    private static final int MEMORY_PER_BYTE = 40;

    /** Packets are longer to make than to mutate: each serves for some frames in a row. */
    private static final int FRAMES_PER_PACKET = 10;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private int decoded;
    private int refused;
    private int incomplete;
    private long packetSeed = Long.MIN_VALUE;
    private byte[] frame = {};

    @Test
    void decodesOrRefusesWhateverArrives() {
        Fuzz.run("fuzz.frames", FRAMES, this::decode);
        if (Long.getLong("fuzz.frames", FRAMES) >= FRAMES) {
            // No outcome is rare, or the mutations test little.
            assertTrue(decoded > FRAMES / 10, "decoded " + decoded);
            assertTrue(refused > FRAMES / 10, "refused " + refused);
            assertTrue(incomplete > FRAMES / 100, "incomplete " + incomplete);
        }
    }

    private void decode(long seed) {
        byte[] mutant = mutate(frame(seed / FRAMES_PER_PACKET), new Random(seed));
        ByteBuf in = Unpooled.wrappedBuffer(mutant);
        try {
            Packet packet = decode(mutant, in);
            if (packet == null) {
                incomplete++;
                assertEquals(0, in.readerIndex());
            } else {
                decoded++;
                assertTrue(in.readerIndex() <= MAXIMUM_PACKET_SIZE);
                assertMeansTheSameWhenWrittenAgain(packet);
            }
        } catch (ProtocolViolation e) {
            refused++;
            assertEquals(0, in.readerIndex());
            assertTrue(e.reason().isError());
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(HexFormat.of().formatHex(mutant), e);
        }
    }

    private byte[] frame(long seed) {
        if (seed != packetSeed) {
            packetSeed = seed;
            byte[] whole = ServerCodec.encode(new RandomPackets(seed).fromServer());
            frame = Arrays.copyOf(whole, Math.min(whole.length, 4_000));
        }
        return frame;
    }

    /** Whatever lengths are announced, memory is taken for what may come at most. */
    private static @Nullable Packet decode(byte[] mutant, ByteBuf in) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            return new Decoder(MAXIMUM_PACKET_SIZE, 2, true).decode(in);
        } finally {
            if (taken(before) > MEMORY_PER_BYTE * MAXIMUM_PACKET_SIZE) {
                // Code that runs for the first time takes memory, too, but not for a second time.
                assertTakesLittle(mutant);
            }
        }
    }

    private static void assertTakesLittle(byte[] mutant) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            new Decoder(MAXIMUM_PACKET_SIZE, 2, true).decode(Unpooled.wrappedBuffer(mutant));
        } catch (ProtocolViolation e) {
            // Expected of most; it is the memory that counts here.
        }
        long taken = taken(before);
        assertTrue(
                taken <= MEMORY_PER_BYTE * MAXIMUM_PACKET_SIZE,
                () -> taken + " bytes of memory: " + HexFormat.of().formatHex(mutant));
    }

    private static long taken(long before) {
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /** The frame of 2,000 bytes that is made of as many objects as possible. */
    @Test
    void smallestUserPropertiesTakeMemoryInProportion() {
        int count = (MAXIMUM_PACKET_SIZE - 10) / 5;
        ByteBuf frame = Unpooled.buffer();
        VariableByteInteger.write(frame.writeByte(0x40), 3 + 2 + count * 5);
        VariableByteInteger.write(frame.writeShort(1).writeByte(0), count * 5);
        for (int i = 0; i < count; i++) {
            frame.writeByte(0x26).writeInt(0);
        }
        byte[] bytes = ByteBufUtil.getBytes(frame);
        Puback puback =
                assertInstanceOf(
                        Puback.class, new Decoder(MAXIMUM_PACKET_SIZE, 2, true).decode(frame));
        assertEquals(count, puback.userProperties().size());
        assertTakesLittle(bytes);
    }

    private static void assertMeansTheSameWhenWrittenAgain(Packet packet) {
        ByteBuf again = Unpooled.wrappedBuffer(ServerCodec.encode(packet));
        assertEquals(packet, new Decoder(268_435_460, 0, true).decode(again));
        assertEquals(0, again.readableBytes());
    }

    private static byte[] mutate(byte[] frame, Random random) {
        byte[] mutant = frame.clone();
        for (int i = 0; i <= random.nextInt(3); i++) {
            int at =
                    random.nextInt(
                            random.nextBoolean() ? Math.min(mutant.length, 12) : mutant.length);
            switch (random.nextInt(5)) {
                case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutant[at] = (byte) random.nextInt();
                case 2 -> mutant[at] = (byte) (mutant[at] + (random.nextBoolean() ? 1 : -1));
                case 3 -> mutant = without(mutant, at);
                default -> mutant = with(mutant, at, (byte) random.nextInt());
            }
        }
        return mutant;
    }

    /** Takes a byte out, and most often out of the Remaining Length too. */
    private static byte[] without(byte[] frame, int at) {
        if (frame.length < 3) {
            return frame;
        }
        byte[] shorter = Arrays.copyOf(frame, frame.length - 1);
        System.arraycopy(frame, at + 1, shorter, at, shorter.length - at);
        if (at > 1 && at % 4 != 0) {
            shorter[1]--;
        }
        return shorter;
    }

    private static byte[] with(byte[] frame, int at, byte added) {
        byte[] longer = Arrays.copyOf(frame, frame.length + 1);
        System.arraycopy(frame, at, longer, at + 1, frame.length - at);
        longer[at] = added;
        if (at > 1 && at % 4 != 0) {
            longer[1]++;
        }
        return longer;
    }
}
