package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The encoder sends as few topics as the server's Topic Alias Maximum allows. */
class TopicAliasesTest {
    private static final String TOPIC = "a/long/topic";
    private static final int SIZE_WITH_TOPIC = 2 + 2 + TOPIC.length() + 1 + 1;
    private static final int ALIAS_PROPERTY = 3;

    private final Encoder encoder = new Encoder();
    private final ByteBuf out = Unpooled.buffer();

    /** The next packets are for a server that said this in CONNACK. */
    private void connected(String connack) {
        connected(encoder, connack);
    }

    private static void connected(Encoder encoder, String connack) {
        Decoder decoder = new Decoder(1_000, 0, true);
        encoder.connected((Connack) decoder.decode(Unpooled.wrappedBuffer(bytes(connack))));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static Publish publish(String topic) {
        return new Publish(Message.to(topic).qos(QoS.AT_MOST_ONCE).payload("x").build(), 0, false);
    }

    /** The size of the packet on the wire, in bytes. */
    private int encode(String topic) {
        int before = out.writerIndex();
        encoder.encode(publish(topic), out);
        return out.writerIndex() - before;
    }

    private void assertServerReads(int topicAliasMaximum, String... topics) {
        ServerCodec server = new ServerCodec(topicAliasMaximum);
        ByteBuffer in = out.nioBuffer();
        for (String topic : topics) {
            assertEquals(topic, ((Publish) server.decode(in)).message().topic());
        }
    }

    @Test
    void theSecondMessageToATopicGoesWithoutIt() {
        connected("20 06 00 00 03 22 00 02");

        assertEquals(SIZE_WITH_TOPIC + ALIAS_PROPERTY, encode(TOPIC));
        assertEquals(SIZE_WITH_TOPIC + ALIAS_PROPERTY - TOPIC.length(), encode(TOPIC));
        assertServerReads(2, TOPIC, TOPIC);
    }

    @Test
    @Statement("3.2.2-18")
    void noAliasIsUsedWhereTheServerAllowsNone() {
        connected("20 03 00 00 00");

        assertEquals(SIZE_WITH_TOPIC, encode(TOPIC));
        assertEquals(SIZE_WITH_TOPIC, encode(TOPIC));
        assertServerReads(0, TOPIC, TOPIC);
    }

    @Test
    @Statement({"3.2.2-17", "3.3.2-8", "3.3.2-9"})
    void aliasesStayWithinTheServersMaximumWhateverTheTopics() {
        Random random = new Random(4);
        for (int maximum : new int[] {1, 2, 10, 65_535}) {
            Encoder mine = new Encoder();
            connected(mine, "20 06 00 00 03 22 %02x %02x".formatted(maximum >> 8, maximum & 255));
            ServerCodec server = new ServerCodec(maximum);
            for (int i = 0; i < 2_000; i++) {
                String topic = "some/topic/" + random.nextInt(100);
                out.clear();
                mine.encode(publish(topic), out);
                Publish read = (Publish) server.decode(out.nioBuffer());
                assertEquals(topic, read.message().topic());
            }
        }
    }

    @Test
    void theTopicThatWasNotUsedForLongestLosesItsAlias() {
        connected("20 06 00 00 03 22 00 02");
        encode("topic/number/1");
        encode("topic/number/2");
        int known = encode("topic/number/1");
        encode("topic/number/3");

        assertEquals(known, encode("topic/number/1"));
        assertTrue(encode("topic/number/2") > known, "2 has lost its alias to 3");
    }

    @Test
    void shortTopicsHaveNone() {
        connected("20 06 00 00 03 22 00 02");

        assertEquals(encode("t"), encode("t"));
        assertServerReads(0, "t", "t");
    }

    @Test
    @Statement("3.2.2-15")
    void anAliasDoesNotMakeAPacketLargerThanTheServerTakes() {
        connected("20 0B 00 00 08 22 00 02 27 00 00 00 %02x".formatted(SIZE_WITH_TOPIC + 1));

        assertEquals(SIZE_WITH_TOPIC, encode(TOPIC));
    }

    @Test
    void aRefusedPacketLeavesNoAlias() {
        connected("20 06 00 00 03 22 00 02");
        Message message = Message.to(TOPIC).qos(QoS.AT_LEAST_ONCE).build();
        Publish withoutIdentifier = new Publish(message, 0, false);
        assertThrows(IllegalArgumentException.class, () -> encoder.encode(withoutIdentifier, out));

        assertEquals(SIZE_WITH_TOPIC + ALIAS_PROPERTY, encode(TOPIC));
    }
}
