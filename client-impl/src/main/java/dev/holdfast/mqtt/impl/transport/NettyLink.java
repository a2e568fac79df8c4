package dev.holdfast.mqtt.impl.transport;

import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.URI;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One connection over a Netty channel; all of it happens on the event loop. */
final class NettyLink implements Link {
    /** What a packet has beside topic and payload, at most as a rule. */
    private static final int OVERHEAD = 64;

    /** How long the last bytes may take to get out before the connection is closed without them. */
    private static final long LONGEST_FLUSH_MILLIS = 3_000;

    /**
     * What is written at most while the network takes nothing. Publishing pauses then; this is for
     * the answers to a server that talks on and does not listen.
     */
    private static final long MOST_OVERFLOW_BYTES = 16L << 20;

    private final LinkListener listener;
    private final EventLoop loop;
    private final URI server;
    private final Encoder encoder = new Encoder();

    private @Nullable Channel channel;

    /** Whether the listener was told that the connection is open. */
    private boolean opened;

    /** Whether the listener has had its last call. */
    private boolean closed;

    /** Whether this side closed, or is to close as soon as there is a channel. */
    private boolean closing;

    /** Bytes written since the network last took some. */
    private long overflow;

    /** Why the channel is about to become inactive. */
    private @Nullable Throwable failure;

    /** Bytes that came since the listener was told last. */
    private long fresh;

    NettyLink(LinkListener listener, EventLoop loop, URI server) {
        this.listener = listener;
        this.loop = loop;
        this.server = server;
    }

    // ---- from the network

    void attempt(Channel next) {
        channel = next;
    }

    boolean isClosed() {
        return closed;
    }

    void opened() {
        if (!closed && !closing) {
            opened = true;
            listener.opened();
        }
    }

    void failed(String what, @Nullable Throwable cause, boolean permanent) {
        if (!closed) {
            closed = true;
            listener.closed(NettyNetwork.lost(server, what, cause, permanent));
        }
    }

    /**
     * Counts what comes from the network before TLS: a record gives nothing before all of it is
     * there, up to 16 KiB.
     */
    ChannelHandler meter() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object bytes) {
                count(bytes);
                ctx.fireChannelRead(bytes);
            }
        };
    }

    private void count(Object bytes) {
        fresh += ((ByteBuf) bytes).readableBytes();
    }

    /**
     * What makes packets of bytes.
     *
     * @param metered whether a {@link #meter} goes before it
     */
    ChannelHandler handler(Decoder decoder, boolean metered) {
        return new Handler(decoder, metered);
    }

    // ---- from the core

    @Override
    public void write(List<Packet> packets) {
        Channel open = channel;
        if (open == null || closing) {
            return;
        }
        boolean full = !open.isWritable();
        long written = 0;
        for (int next = 0; next < packets.size(); ) {
            ByteBuf buffer = buffer(open, packets, next);
            try {
                next = encode(packets, next, buffer);
            } catch (RuntimeException | Error e) {
                buffer.release();
                throw e;
            }
            written += buffer.readableBytes();
            // At once, so that the same buffer takes the next packets.
            open.writeAndFlush(buffer, open.voidPromise());
        }
        overflow = full ? overflow + written : 0;
        if (overflow > MOST_OVERFLOW_BYTES && failure == null) {
            failure = new IOException("the server sends, but does not read what it is sent");
            open.close();
        }
    }

    /** For the next packet, and for as many behind it as fit. */
    private static ByteBuf buffer(Channel open, List<Packet> packets, int next) {
        int room = room(packets.get(next));
        if (room > LoopBuffer.BYTES) {
            return open.alloc().ioBuffer(room);
        }
        for (int i = next + 1; i < packets.size() && room < LoopBuffer.BYTES; i++) {
            room += room(packets.get(i));
        }
        return LoopRoom.get().writes.take(open.alloc(), Math.min(room, LoopBuffer.BYTES));
    }

    /** Returns which packet comes next, for which there is no room. */
    private int encode(List<Packet> packets, int first, ByteBuf buffer) {
        int next = first;
        do {
            encoder.encode(packets.get(next), buffer);
            next++;
        } while (next < packets.size() && room(packets.get(next)) <= buffer.writableBytes());
        return next;
    }

    /** About as much as a packet takes. Where that is too little, the buffer grows. */
    private static int room(Packet packet) {
        if (packet instanceof Publish p) {
            return OVERHEAD + p.message().topic().length() + p.message().payloadSize();
        }
        return OVERHEAD;
    }

    @Override
    public boolean isWritable() {
        return channel != null && channel.isWritable();
    }

    @Override
    public void read(boolean on) {
        if (channel != null) {
            channel.config().setAutoRead(on);
        }
    }

    @Override
    public void close() {
        boolean again = closing;
        closing = true;
        Channel open = channel;
        if (open != null && open.isActive()) {
            if (opened && !again) {
                closeBehindWhatWasWritten(open);
            } else {
                open.close();
            }
        } else if (!again) {
            // Still looking for an address, or connecting: what comes of that is of no interest any
            // more.
            loop.execute(
                    () -> {
                        failed("it was given up", null, false);
                        if (channel != null) {
                            channel.close();
                        }
                    });
        }
    }

    private void closeBehindWhatWasWritten(Channel open) {
        ScheduledFuture<?> limit =
                loop.schedule(
                        () -> {
                            open.close();
                        },
                        LONGEST_FLUSH_MILLIS,
                        TimeUnit.MILLISECONDS);
        open.writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(
                        done -> {
                            limit.cancel(false);
                            open.close();
                        });
    }

    // ---- from the channel

    /** Bytes to packets. */
    private final class Handler extends ChannelInboundHandlerAdapter {
        private final Decoder decoder;
        private final boolean metered;
        private final SplitPacket split = new SplitPacket();

        /** Whether decoding has failed, after which nothing can be made of what follows. */
        private boolean deaf;

        Handler(Decoder decoder, boolean metered) {
            this.decoder = decoder;
            this.metered = metered;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ByteBuf in = (ByteBuf) bytes;
            try {
                if (!metered) {
                    count(in);
                }
                if (!deaf) {
                    decode(in, ctx.alloc());
                }
            } catch (ProtocolViolation v) {
                deaf = true;
                listener.violated(v);
            } catch (RuntimeException | Error bug) {
                deaf = true;
                throw bug;
            } finally {
                in.release();
            }
        }

        private void decode(ByteBuf in, ByteBufAllocator allocator) {
            while (!split.isEmpty() && in.isReadable()) {
                split.take(in, decoder.missing(split.bytes()), allocator);
                decodeAll(split.bytes());
            }
            if (split.isEmpty()) {
                split.release();
                decodeAll(in);
                if (in.isReadable()) {
                    split.take(in, decoder.missing(in) + in.readableBytes(), allocator);
                }
            }
        }

        private void decodeAll(ByteBuf in) {
            for (boolean more = true; more; ) {
                int acknowledged = decoder.passPlainPuback(in);
                if (acknowledged != 0) {
                    listener.acknowledged(acknowledged);
                } else {
                    more = decodePacket(in);
                }
            }
        }

        private boolean decodePacket(ByteBuf in) {
            Packet packet = decoder.decode(in);
            if (packet == null) {
                return false;
            }
            if (packet instanceof Connack c) {
                encoder.connected(c);
            }
            listener.received(packet);
            return true;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            long bytes = fresh;
            fresh = 0;
            listener.readComplete(bytes);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (!closed) {
                listener.writabilityChanged();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    opened();
                } else {
                    failure = handshake.cause();
                    ctx.close();
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (failure == null) {
                failure = cause;
            }
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            Throwable cause = failure;
            if (cause == null) {
                failed("the other side closed it", null, false);
            } else if (isDistrust(cause)) {
                failed("the server's certificate is not to be trusted", cause, true);
            } else if (cause instanceof SSLException) {
                failed("TLS could not be agreed on", cause, false);
            } else {
                failed("it broke", cause, false);
            }
        }

        /** Comes behind all else, for each channel that was closed. */
        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            split.release();
        }
    }

    /** Whether a certificate was found wanting, which trying again does not mend. */
    private static boolean isDistrust(Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }
}
