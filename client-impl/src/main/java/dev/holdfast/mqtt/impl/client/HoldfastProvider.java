package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.PayloadFormat;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.transport.NettyNetwork;
import dev.holdfast.mqtt.netty.NettyEventLoops;
import dev.holdfast.mqtt.spi.ClientProvider;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.StoredSession;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a client together: the one place that knows all its parts. */
public final class HoldfastProvider implements ClientProvider {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.client");

    /** For all clients; of the kind that may be used by several threads. */
    private static final Random JITTER = new Random();

    /** Called by the service loader. */
    public HoldfastProvider() {}

    @Override
    public MqttClient build(ClientSettings settings) {
        requireWillAsClaimed(settings);
        SessionStore store = settings.store();
        if (store != null && settings.sessionExpirySeconds() == 0) {
            LOG.warn(
                    "'{}' has a store, but its session ends with each connection: set sessionExpiry(…)"
                            + " so that the server keeps its side too",
                    settings.clientIdentifier());
        }
        NettyEventLoops own = NettyEventLoops.from(settings.eventLoops());
        SharedThreads threads = SharedThreads.acquire();
        @Nullable StoredSession stored = null;
        try {
            if (own == null) {
                threads.prepareLoops();
            }
            stored = store == null ? new NoStore() : store.open(settings.clientIdentifier());
            Session session = session(settings, store == null ? null : stored.recovered());
            FirstPage.read(stored).ifPresent(session::loaded);
            EventLoop loop = own == null ? threads.nextLoop() : own.group().next();
            NettyNetwork network =
                    new NettyNetwork(
                            settings,
                            loop,
                            own == null ? NioSocketChannel.class : own.channelType(),
                            threads.callbacks());
            return new HoldfastClient(
                    settings, session, stored, network, new NettyLoop(loop), threads);
        } catch (Throwable failure) { // errors too, or nobody could open the store again
            giveBack(stored, threads, failure);
            throw failure;
        }
    }

    private static void giveBack(
            @Nullable StoredSession stored, SharedThreads threads, Throwable failure) {
        try {
            if (stored != null) {
                stored.close();
            }
        } catch (RuntimeException another) {
            failure.addSuppressed(another);
        } finally {
            threads.release();
        }
    }

    /** A session as it was stored; a new one, in memory, if nothing is stored. */
    private static Session session(ClientSettings settings, @Nullable Recovered stored) {
        return stored == null
                ? Session.inMemory(settings, JITTER, Encoder::encodedSize)
                : new Session(settings, stored, JITTER, Encoder::encodedSize);
    }

    private static void requireWillAsClaimed(ClientSettings settings) {
        Will will = settings.will();
        if (will != null
                && settings.validatePayloadFormat()
                && !PayloadFormat.isAsClaimed(will.message())) {
            throw new IllegalStateException(
                    "The payload of the will for '"
                            + will.message().topic()
                            + "' is said to be UTF-8, and is not: leave out utf8Payload(true), or"
                            + " give the payload as a String");
        }
    }
}
