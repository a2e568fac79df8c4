package dev.holdfast.mqtt.impl.transport;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.spi.ClientSettings;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** TCP and TLS connections of one client, on one event loop. */
public final class NettyNetwork implements Network {
    private static final int PORT = 1883;
    private static final int TLS_PORT = 8883;
    private static final long CLOSE_NOTIFY_MILLIS = 500;

    /**
     * The event loop pauses publishing above the higher mark, and goes on below the lower one; in
     * bytes.
     */
    private static final WriteBufferWaterMark WRITE_BUFFER =
            new WriteBufferWaterMark(256 << 10, 1 << 20);

    private static final RecvByteBufAllocator SHARED_RECEIVE_BUFFER = LoopRoom.reads();

    /** Guesses for each channel how much comes with one read, and needs no state of its own. */
    private static final RecvByteBufAllocator OWN_RECEIVE_BUFFER =
            new AdaptiveRecvByteBufAllocator();

    /** The one used last: mostly, all clients of a process have one server. */
    private static volatile @Nullable InetSocketAddress lastAddress;

    private final ClientSettings settings;
    private final EventLoop loop;
    private final Class<? extends SocketChannel> channelType;
    private final Executor blocking;

    /**
     * Makes a network.
     *
     * @param channelType what the loop can carry
     * @param blocking for what must not be done on the event loop: asking for addresses, checking
     *     certificates
     */
    public NettyNetwork(
            ClientSettings settings,
            EventLoop loop,
            Class<? extends SocketChannel> channelType,
            Executor blocking) {
        this.settings = settings;
        this.loop = loop;
        this.channelType = channelType;
        this.blocking = blocking;
    }

    /**
     * Loads the classes of a connection, which takes longer than all else that opening one needs.
     */
    public static void load() {
        Channel channel = new NioSocketChannel();
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
        channel.unsafe().closeForcibly();
    }

    @Override
    public Link open(URI server, LinkListener listener) {
        Address address = Address.of(server);
        NettyLink link = new NettyLink(listener, loop, server);
        try {
            blocking.execute(() -> resolve(link, address));
        } catch (RejectedExecutionException e) {
            loop.execute(() -> link.failed("the client was closed", e, true));
        }
        return link;
    }

    /** What an address consists of; an IPv6 host is without its brackets. */
    private record Address(boolean tls, String host, int port) {
        static Address of(URI server) {
            boolean tls = server.getScheme().toLowerCase(Locale.ROOT).equals("mqtts");
            String host = server.getHost();
            boolean ipv6 = host.startsWith("[");
            int standard = tls ? TLS_PORT : PORT;
            return new Address(
                    tls,
                    ipv6 ? host.substring(1, host.length() - 1) : host,
                    server.getPort() > 0 ? server.getPort() : standard);
        }

        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    private void resolve(NettyLink link, Address address) {
        try {
            InetAddress[] resolved = InetAddress.getAllByName(address.host());
            SSLContext tls = address.tls() ? context() : null;
            onLoop(() -> connect(link, address, resolved, 0, tls));
        } catch (NoSuchAlgorithmException e) {
            onLoop(() -> link.failed("this Java has no usable default for TLS", e, true));
        } catch (UnknownHostException e) {
            onLoop(() -> link.failed("no address is known for its host", e, false));
        }
    }

    private void onLoop(Runnable step) {
        try {
            loop.execute(step);
        } catch (RejectedExecutionException e) {
            // The last client was closed while the name was looked up; nobody waits for it.
        }
    }

    /**
     * Tries the addresses of the host one after the other; the core's connect time-out bounds them
     * all.
     */
    private void connect(
            NettyLink link,
            Address address,
            InetAddress[] resolved,
            int index,
            @Nullable SSLContext tls) {
        if (link.isClosed()) {
            return;
        }
        ChannelFuture attempt =
                new Bootstrap()
                        .group(loop)
                        .channel(channelType)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.SO_KEEPALIVE, true)
                        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_BUFFER)
                        .option(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffer(tls != null))
                        .option(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                timeoutMillis(index, resolved.length))
                        .handler(new Pipeline(link, address, tls))
                        .connect(shared(new InetSocketAddress(resolved[index], address.port())));
        link.attempt(attempt.channel());
        attempt.addListener(
                done -> {
                    if (!done.isSuccess() && index + 1 < resolved.length) {
                        connect(link, address, resolved, index + 1, tls);
                    } else if (!done.isSuccess()) {
                        link.failed("nothing answers there", done.cause(), false);
                    } else if (tls == null) {
                        link.opened();
                    }
                });
    }

    /**
     * TLS may keep what was read until the rest of a record comes, and io_uring takes a buffer
     * before there is something to read: each would keep the one of the loop for itself.
     */
    private RecvByteBufAllocator receiveBuffer(boolean tls) {
        return tls || channelType != NioSocketChannel.class
                ? OWN_RECEIVE_BUFFER
                : SHARED_RECEIVE_BUFFER;
    }

    /** Each channel keeps the address it is connected to: the same one, where they are equal. */
    private static InetSocketAddress shared(InetSocketAddress address) {
        InetSocketAddress last = lastAddress;
        // Also in what equals() overlooks: the name of the host, and the scope in IPv6.
        if (last != null && last.toString().equals(address.toString())) {
            return last;
        }
        lastAddress = address;
        return address;
    }

    /**
     * How long one address may take before the next gets its turn. The last may take what is left,
     * and has no timer, which its channel would keep for as long as it lives.
     */
    private int timeoutMillis(int index, int addresses) {
        return index == addresses - 1
                ? 0
                : (int) Math.max(1, settings.connectTimeout().toMillis() / addresses);
    }

    /** What a channel consists of: TLS where asked for, and the link. */
    private final class Pipeline extends ChannelInitializer<Channel> {
        private final NettyLink link;
        private final Address address;
        private final @Nullable SSLContext tls;

        Pipeline(NettyLink link, Address address, @Nullable SSLContext tls) {
            this.link = link;
            this.address = address;
            this.tls = tls;
        }

        @Override
        protected void initChannel(Channel channel) {
            if (tls != null) {
                channel.pipeline().addLast(link.meter());
                SslHandler handler = new SslHandler(engine(tls, address), blocking);
                handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MILLIS);
                handler.setCloseNotifyReadTimeoutMillis(0);
                handler.setHandshakeTimeoutMillis(settings.connectTimeout().toMillis());
                channel.pipeline().addLast(handler);
            }
            channel.pipeline()
                    .addLast(
                            link.handler(
                                    new Decoder(
                                            settings.maximumPacketSize(),
                                            settings.topicAliasMaximum(),
                                            true,
                                            LoopRoom.get().properties),
                                    tls != null));
        }
    }

    /** The JDK's own reads its trust store from a file when it is first asked for. */
    private SSLContext context() throws NoSuchAlgorithmException {
        SSLContext chosen = settings.sslContext();
        return chosen == null ? SSLContext.getDefault() : chosen;
    }

    /**
     * SNI and the check of the host name are on unless the application's parameters say otherwise.
     */
    private SSLEngine engine(SSLContext context, Address address) {
        SSLEngine engine = context.createSSLEngine(address.host(), address.port());
        engine.setUseClientMode(true);
        SSLParameters chosen = settings.sslParameters();
        if (chosen != null) {
            engine.setSSLParameters(chosen);
        }
        SSLParameters inForce = engine.getSSLParameters();
        if (inForce.getEndpointIdentificationAlgorithm() == null) {
            inForce.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (chosen == null || chosen.getServerNames() == null) {
            // The JDK leaves out names without a dot, which are usual in local networks.
            inForce.setServerNames(serverNames(address.host()));
        }
        engine.setSSLParameters(inForce);
        return engine;
    }

    private List<SNIServerName> serverNames(String host) {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            return List.of();
        }
        try {
            return List.of(new SNIHostName(host));
        } catch (IllegalArgumentException e) {
            return List.of(); // a name that DNS does not allow
        }
    }

    /** Words for a failed connection, with the mend where one is known. */
    static MqttException lost(
            URI server, String what, @Nullable Throwable cause, boolean permanent) {
        return new MqttException.ConnectionLost(
                "The connection to " + Address.of(server) + " failed: " + what + detail(cause),
                cause,
                permanent);
    }

    /** What the network says, and what lies at the bottom of it: there certificates say more. */
    private static String detail(@Nullable Throwable cause) {
        if (cause == null || cause.getMessage() == null) {
            return "";
        }
        Throwable bottom = cause;
        for (int depth = 0; bottom.getCause() != null && depth < 10; depth++) {
            bottom = bottom.getCause();
        }
        String words = cause.getMessage();
        String more = bottom.getMessage();
        return more == null || words.contains(more)
                ? " (" + words + ")"
                : " (" + words + ": " + more + ")";
    }
}
