package dev.holdfast.mqtt.impl.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that share the buffers of their event loop. */
@Timeout(60)
class LoopRoomTest {
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private ServerSocket server;

    /** The buffers that channels have read into. */
    private final Set<ByteBuf> read = Collections.newSetFromMap(new IdentityHashMap<>());

    /** A link, and the server's end of it. */
    private final class Connection {
        final LinkListener listener = mock(LinkListener.class);
        final NettyLink link = new NettyLink(listener, loop.next(), URI.create("mqtt://server"));
        final Channel channel;
        final Socket other;

        Connection() throws Exception {
            channel =
                    new Bootstrap()
                            .group(loop)
                            .channel(NioSocketChannel.class)
                            .option(ChannelOption.RECVBUF_ALLOCATOR, LoopRoom.reads())
                            .handler(
                                    new ChannelInitializer<>() {
                                        @Override
                                        protected void initChannel(Channel made) {
                                            made.pipeline().addLast(new Watcher());
                                            Decoder decoder = new Decoder(10_000_000, 0, true);
                                            made.pipeline().addLast(link.handler(decoder, false));
                                        }
                                    })
                            .connect(server.getLocalSocketAddress())
                            .sync()
                            .channel();
            link.attempt(channel);
            other = server.accept();
        }

        void write(List<Packet> packets) throws InterruptedException {
            channel.eventLoop().submit(() -> link.write(packets)).sync();
        }
    }

    private final class Watcher extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            read.add((ByteBuf) bytes);
            ctx.fireChannelRead(bytes);
        }
    }

    @BeforeEach
    void listen() throws Exception {
        server = new ServerSocket();
        server.setReceiveBufferSize(8 << 10);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void end() throws Exception {
        server.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private static List<Packet> packets(int seed, int bytes) {
        Random random = new Random(seed);
        List<Packet> packets = new ArrayList<>();
        for (int left = bytes; left > 0; ) {
            byte[] payload = new byte[random.nextInt(10) == 0 ? 100_000 : random.nextInt(10_000)];
            random.nextBytes(payload);
            Message message = Message.to("a/b").payload(payload).qos(QoS.AT_MOST_ONCE).build();
            packets.add(new Publish(message, 0, false));
            left -= payload.length;
        }
        return packets;
    }

    private static byte[] fromClient(List<Packet> packets) {
        ByteBuf out = Unpooled.buffer();
        Encoder encoder = new Encoder();
        packets.forEach(p -> encoder.encode(p, out));
        return ByteBufUtil.getBytes(out);
    }

    @Test
    void bytesArriveIntactAlthoughOneServerReadsLate() throws Exception {
        Connection late = new Connection();
        Connection early = new Connection();
        List<Packet> slow = packets(1, 6_000_000);
        late.write(slow);
        assertTrue(late.channel.bytesBeforeWritable() > 0, "the network took all of it");
        late.write(slow);

        List<Packet> quick = packets(2, 50_000);
        byte[] expected = fromClient(quick);
        for (int i = 0; i < 50; i++) {
            early.write(quick);
            assertArrayEquals(expected, early.other.getInputStream().readNBytes(expected.length));
        }

        byte[] delayed = fromClient(slow);
        for (int i = 0; i < 2; i++) {
            assertArrayEquals(delayed, late.other.getInputStream().readNBytes(delayed.length));
        }
    }

    @Test
    void theLoopsBufferIsFreeAgainAfterAWriteThatWentOut() throws Exception {
        Connection connection = new Connection();
        List<Packet> packets = packets(3, 1_000);
        byte[] expected = fromClient(packets);
        Set<ByteBuf> taken = Collections.newSetFromMap(new IdentityHashMap<>());

        for (int i = 0; i < 10; i++) {
            connection.write(packets);
            connection.other.getInputStream().readNBytes(expected.length);
            taken.add(loop.submit(LoopRoomTest::takeAndRelease).get());
        }

        assertEquals(1, taken.size());
    }

    private static ByteBuf takeAndRelease() {
        ByteBuf free = LoopRoom.get().writes.take(UnpooledByteBufAllocator.DEFAULT, 1);
        free.release();
        return free;
    }

    @Test
    void allConnectionsReadIntoOneBuffer() throws Exception {
        List<Packet> sent = packets(4, 2_000_000);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        sent.forEach(p -> bytes.writeBytes(ServerCodec.encode(p)));
        List<Connection> connections = List.of(new Connection(), new Connection());
        List<List<Packet>> received = List.of(new ArrayList<>(), new ArrayList<>());
        CountDownLatch complete = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            List<Packet> here = received.get(i);
            AtomicLong missing = new AtomicLong(bytes.size());
            LinkListener listener = connections.get(i).listener;
            doAnswer(call -> here.add(call.getArgument(0))).when(listener).received(any());
            doAnswer(
                            call -> {
                                if (missing.addAndGet(-call.<Long>getArgument(0)) == 0) {
                                    complete.countDown();
                                }
                                return null;
                            })
                    .when(listener)
                    .readComplete(anyLong());
        }

        for (Connection c : connections) {
            Thread writer =
                    new Thread(
                            () -> {
                                try {
                                    c.other.getOutputStream().write(bytes.toByteArray());
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
            writer.start();
        }

        complete.await();
        assertEquals(sent, received.get(0));
        assertEquals(sent, received.get(1));
        assertEquals(1, read.size(), "buffers");
    }
}
