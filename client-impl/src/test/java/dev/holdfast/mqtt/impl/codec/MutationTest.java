package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames that were right until something happened to them. */
class MutationTest {
    private static final int FRAMES = 200_000;
    private static final int MAXIMUM_PACKET_SIZE = 2_000;

    @Test
    void decodesOrRefusesWhateverArrives() {
        Random random = new Random(9);
        RandomPackets packets = new RandomPackets(9);
        int decoded = 0;
        int refused = 0;
        int incomplete = 0;
        byte[] frame = {};
        for (int i = 0; i < FRAMES; i++) {
            if (i % 10 == 0) {
                frame = ServerCodec.encode(packets.fromServer());
                frame = Arrays.copyOf(frame, Math.min(frame.length, 4_000));
            }
            byte[] mutant = mutate(frame, random);
            ByteBuf in = Unpooled.wrappedBuffer(mutant);
            try {
                Packet packet = new Decoder(MAXIMUM_PACKET_SIZE, 2, true).decode(in);
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
        // Neither outcome is rare, or the mutations test little.
        assertTrue(decoded > FRAMES / 10, "decoded " + decoded);
        assertTrue(refused > FRAMES / 10, "refused " + refused);
        assertTrue(incomplete > FRAMES / 100, "incomplete " + incomplete);
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
