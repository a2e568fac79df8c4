package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Netty's own MQTT codec as a judge of right frames; it is not strict enough to judge wrong ones.
 */
class NettySecondOpinionTest {
    private static final int PACKETS = 5_000;
    private static final int LARGE = 1 << 24;

    private final EmbeddedChannel netty =
            new EmbeddedChannel(new MqttDecoder(LARGE, LARGE), MqttEncoder.INSTANCE);

    /** The leak detector, at its strictest, is slow with an encoder that writes single bytes. */
    @BeforeEach
    void allocateWithoutLeakDetector() {
        netty.config().setAllocator(new UnpooledByteBufAllocator(false, true));
    }

    @AfterEach
    void close() {
        netty.finishAndReleaseAll();
    }

    @Test
    void readsWhatTheEncoderWritesAsItWasMeant() {
        readWithNetty(plainConnect());
        RandomPackets packets = new RandomPackets(10);
        for (int i = 0; i < PACKETS; i++) {
            Packet packet = packets.fromClient();
            if (isWithinNettysLimits(packet)) {
                RoundTripTest.assertSamePacket(packet, readWithNetty(packet));
            }
        }
    }

    @Test
    void writesWhatTheDecoderReadsAsItWasMeant() {
        netty.writeOutbound(
                MqttMessageBuilders.connect()
                        .protocolVersion(MqttVersion.MQTT_5)
                        .clientId("c")
                        .build());
        ReferenceCountUtil.release(netty.readOutbound());
        RandomPackets packets = new RandomPackets(12);
        Decoder decoder = new Decoder(LARGE, 0, true);
        for (int i = 0; i < PACKETS; i++) {
            Packet packet = packets.fromServer();
            netty.writeOutbound(NettyMessages.fromServer(packet));
            ByteBuf in = netty.readOutbound();

            assertEquals(packet, decoder.decode(in));
            assertEquals(0, in.readableBytes());
            assertNull(netty.readOutbound());
            in.release();
        }
    }

    private Packet readWithNetty(Packet packet) {
        ByteBuf out = Unpooled.buffer();
        new Encoder().encode(packet, out);
        netty.writeInbound(out);
        MqttMessage message = netty.readInbound();
        assertNotNull(message, () -> "Netty waits for more of " + packet);
        try {
            return NettyPackets.fromClient(message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    /** Netty drops a Will Topic of more than 32,767 bytes, against the standard. */
    private static boolean isWithinNettysLimits(Packet packet) {
        return !(packet instanceof Connect connect)
                || connect.will() == null
                || connect.will().message().topic().length() < 8_000;
    }

    /** From which Netty learns the version. */
    private static Connect plainConnect() {
        return new Connect(
                "c",
                true,
                0,
                0,
                1,
                Connack.NO_PACKET_LIMIT,
                0,
                false,
                true,
                null,
                null,
                null,
                null,
                List.of());
    }
}
