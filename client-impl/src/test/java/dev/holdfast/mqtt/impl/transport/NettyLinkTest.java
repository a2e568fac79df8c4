package dev.holdfast.mqtt.impl.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.withSettings;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NettyLinkTest {
    private static final byte[] PUBACK = {0x40, 0x02, 0x00, 0x07};

    private final LinkListener listener = mock(LinkListener.class);
    private final Reads reads = new Reads();
    private final EmbeddedChannel channel = new EmbeddedChannel(reads);
    private final NettyLink link =
            new NettyLink(listener, channel.eventLoop(), URI.create("mqtt://server"));

    /** Counts how often more is asked for. */
    private static final class Reads extends ChannelOutboundHandlerAdapter {
        private int count;

        @Override
        public void read(ChannelHandlerContext ctx) {
            count++;
            ctx.read();
        }
    }

    private final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true);

    private void connect(int maximumPacketSize) {
        connect(link, maximumPacketSize);
    }

    private void connect(NettyLink any, int maximumPacketSize) {
        channel.config().setAllocator(buffers);
        channel.pipeline().addLast(any.handler(new Decoder(maximumPacketSize, 0, false), false));
        any.attempt(channel);
    }

    /** Has the channel read these bytes in one go. */
    private void read(byte... bytes) {
        ByteBuf in = Unpooled.copiedBuffer(bytes);
        channel.pipeline().fireChannelRead(in);
        assertEquals(0, in.refCnt(), "still held");
        channel.pipeline().fireChannelReadComplete();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 1_000, 5_000, 65_536, 1_000_000})
    void readsTheSamePacketsWhereverTheStreamIsCut(int longest) {
        LinkListener ears = mock(LinkListener.class, withSettings().stubOnly());
        List<Object> heard = new ArrayList<>();
        doAnswer(call -> heard.add(call.getArgument(0))).when(ears).received(any());
        doAnswer(call -> heard.add(call.getArgument(0))).when(ears).acknowledged(anyInt());
        connect(new NettyLink(ears, channel.eventLoop(), URI.create("mqtt://server")), 1_000_000);
        List<Object> sent = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        Encoder encoder = new Encoder();
        for (int bytes : new int[] {0, 1, 100, 120, 200, 4_096, 16_380, 20_000, 100_000, 7}) {
            if (bytes > 2_000 * longest) {
                continue; // so many pieces take too long
            }
            Publish publish = publish(bytes, 1 + bytes);
            sent.add(publish);
            encoder.encode(publish, stream);
            stream.writeBytes(PUBACK).writeBytes(PUBACK);
            sent.addAll(List.of(7, 7));
        }
        Random random = new Random(longest);
        while (stream.isReadable()) {
            byte[] piece = new byte[Math.min(1 + random.nextInt(longest), stream.readableBytes())];
            stream.readBytes(piece);
            read(piece);
        }
        stream.release();
        assertEquals(sent, heard);
        assertEquals(0, buffers.metric().usedDirectMemory());
    }

    @Test
    void letsGoOfAPacketThatNeverCame() {
        connect(1_000_000);
        read(firstBytes(900_000, 500));
        assertTrue(buffers.metric().usedDirectMemory() > 0);
        channel.close();
        assertEquals(0, buffers.metric().usedDirectMemory());
    }

    @Test
    void letsGoOfAPacketWhenItsHandlerIsTakenOut() {
        connect(1_000_000);
        read(firstBytes(900_000, 500));
        channel.pipeline().removeLast();
        assertEquals(0, buffers.metric().usedDirectMemory());
    }

    @Test
    void takesNoRoomOnTheWordOfTheServer() {
        connect(268_435_460);
        read(firstBytes(200_000_000, 500));
        read(new byte[600]);
        assertTrue(
                buffers.metric().usedDirectMemory() < 5_000,
                buffers.metric().usedDirectMemory() + " bytes");
        channel.close();
    }

    /** The beginning of a PUBLISH that says that it is so long. */
    private static byte[] firstBytes(int remainingLength, int come) {
        ByteBuf bytes = Unpooled.buffer().writeByte(0x30);
        int rest = remainingLength;
        for (; rest > 127; rest >>= 7) {
            bytes.writeByte(rest & 127 | 128);
        }
        bytes.writeByte(rest).writeShort(1).writeByte('t').writeByte(0).writeZero(come);
        byte[] copy = ByteBufUtil.getBytes(bytes);
        bytes.release();
        return copy;
    }

    @Test
    void isDeafAfterAViolation() {
        connect(1_000);
        read((byte) 0, (byte) 0);
        read(PUBACK);
        verify(listener).violated(any());
        verify(listener, never()).acknowledged(anyInt());
    }

    @Test
    void hearsNothingBehindAViolationInTheSameRead() {
        connect(1_000);
        read(PUBACK[0], PUBACK[1], PUBACK[2], PUBACK[3], (byte) 0, (byte) 0, (byte) 0x40, (byte) 2);
        read((byte) 0, (byte) 7);
        verify(listener, times(1)).acknowledged(7);
        verify(listener, times(1)).violated(any());
    }

    /** TLS takes its time to close. */
    @Test
    void isDeafAfterABugUntilTheChannelIsClosed() {
        channel.pipeline().addFirst(new LateClose());
        connect(1_000);
        doThrow(new IllegalStateException()).when(listener).acknowledged(7);
        read(PUBACK);
        read(PUBACK);
        verify(listener, times(1)).acknowledged(7);
        assertTrue(channel.isOpen());
    }

    private static final class LateClose extends ChannelOutboundHandlerAdapter {
        @Override
        public void close(ChannelHandlerContext ctx, ChannelPromise promise) {}
    }

    @Test
    void writesIntoTheSameBufferOnceItsBytesAreOut() {
        connect(1_000);
        link.write(List.of(publish(10, 1)));
        ByteBuf first = channel.readOutbound();
        link.write(List.of(publish(20, 2)));
        ByteBuf second = channel.readOutbound();
        assertNotSame(first, second, "it had not been released");
        assertEquals(List.of(publish(10, 1)), decoded(first));
        assertEquals(List.of(publish(20, 2)), decoded(second));
        link.write(List.of(publish(30, 3)));
        ByteBuf third = channel.readOutbound();
        assertSame(first, third);
        assertEquals(List.of(publish(30, 3)), decoded(third));
    }

    @Test
    void writesAllInOrderWithoutABufferThatGrows() {
        connect(1_000);
        List<Packet> packets = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            packets.add(publish(i * 37 % 5_000, i));
            packets.add(publish(i % 200, i));
        }
        packets.add(publish(100_000, 501));
        packets.add(publish(10, 502));
        link.write(packets);
        List<Packet> written = new ArrayList<>();
        for (ByteBuf buffer; (buffer = channel.readOutbound()) != null; ) {
            assertTrue(
                    buffer.capacity() <= Math.max(LoopBuffer.BYTES, 100_100),
                    "it has grown to " + buffer.capacity());
            written.addAll(decoded(buffer));
        }
        assertEquals(packets, written);
    }

    private static List<Packet> decoded(ByteBuf bytes) {
        Decoder decoder = new Decoder(268_435_460, 0, false);
        List<Packet> packets = new ArrayList<>();
        for (Packet packet; (packet = decoder.decode(bytes)) != null; ) {
            packets.add(packet);
        }
        bytes.release();
        return packets;
    }

    private static Publish publish(int payload, int packetIdentifier) {
        byte[] bytes = new byte[payload];
        Arrays.fill(bytes, (byte) packetIdentifier);
        Message message = Message.to("t").payload(bytes).qos(QoS.AT_LEAST_ONCE).build();
        return new Publish(message, packetIdentifier % 65_536, false, List.of());
    }

    /**
     * Reading may be switched off after the network was found to have something: by what happens in
     * the same round when it takes bytes again.
     */
    @Test
    void asksForNothingAfterTheLastReadWhileReadingIsSwitchedOff() {
        channel.pipeline().addLast(link.handler(new Decoder(1_000, 0, false), false));
        link.attempt(channel);
        link.read(false);
        reads.count = 0;

        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(PUBACK));
        channel.pipeline().fireChannelReadComplete();

        verify(listener).acknowledged(7);
        verify(listener).readComplete(PUBACK.length);
        assertEquals(0, reads.count, "asked for more");
        link.read(true);
        assertEquals(1, reads.count);
    }
}
