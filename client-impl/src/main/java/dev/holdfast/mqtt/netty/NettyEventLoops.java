package dev.holdfast.mqtt.netty;

import dev.holdfast.mqtt.spi.EventLoops;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An event loop group of Netty that belongs to the application, for {@link
 * dev.holdfast.mqtt.MqttClientBuilder#eventLoops}. Each client stays on one of its loops. The
 * clients never shut it down; close them first, since a client whose loop has ended has stopped.
 */
public final class NettyEventLoops implements EventLoops {
    private final EventLoopGroup group;
    private final Class<? extends SocketChannel> channelType;

    private NettyEventLoops(EventLoopGroup group, Class<? extends SocketChannel> channelType) {
        this.group = Objects.requireNonNull(group);
        this.channelType = Objects.requireNonNull(channelType);
    }

    /**
     * Wraps a group that carries NIO channels, as {@code new MultiThreadIoEventLoopGroup(threads,
     * NioIoHandler.newFactory())} makes it.
     *
     * @param group stays the caller's
     * @return what the builder takes
     * @throws IllegalArgumentException if the group cannot carry NIO channels
     */
    public static NettyEventLoops of(EventLoopGroup group) {
        if (!(group instanceof IoEventLoopGroup loops) || !loops.isCompatible(NioIoHandle.class)) {
            throw new IllegalArgumentException(
                    "NettyEventLoops.of(group): the group does not carry NIO channels; name its own"
                            + " with of(group, channelType)");
        }
        return new NettyEventLoops(group, NioSocketChannel.class);
    }

    /**
     * Wraps a group for another kind of channel, such as those of epoll or kqueue.
     *
     * @param group stays the caller's
     * @param channelType client channels that the group can carry; the class needs a public
     *     constructor without parameters
     * @return what the builder takes
     */
    public static NettyEventLoops of(
            EventLoopGroup group, Class<? extends SocketChannel> channelType) {
        return new NettyEventLoops(group, channelType);
    }

    /**
     * What the builder was given.
     *
     * @param loops null for none
     * @return null for none
     * @throws IllegalStateException if it was made by something else
     */
    public static @Nullable NettyEventLoops from(@Nullable EventLoops loops) {
        if (loops == null || loops instanceof NettyEventLoops) {
            return (NettyEventLoops) loops;
        }
        throw new IllegalStateException(
                "eventLoops(…) takes what NettyEventLoops.of(…) makes, not a "
                        + loops.getClass().getName());
    }

    /**
     * The group.
     *
     * @return as it was given
     */
    public EventLoopGroup group() {
        return group;
    }

    /**
     * The kind of channels.
     *
     * @return as it was given
     */
    public Class<? extends SocketChannel> channelType() {
        return channelType;
    }
}
