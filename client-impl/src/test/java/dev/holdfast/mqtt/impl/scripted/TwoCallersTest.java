package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.netty.NettyEventLoops;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One Topic Filter, and two threads: the handler and the session must be of the same call. */
class TwoCallersTest extends ScriptedTest {
    private static final Subscription EARLY = Subscription.to("a").atMost(QoS.AT_LEAST_ONCE);
    private static final Subscription LATE = Subscription.to("a").atMost(QoS.EXACTLY_ONCE);

    private final Inbox early = new Inbox();
    private final Inbox late = new Inbox();

    /** The thread that is held up at its first use of the event loop. */
    private final AtomicReference<Thread> heldUp = new AtomicReference<>();

    private final CountDownLatch inTheMiddle = new CountDownLatch(1);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()) {
                @Override
                protected IoEventLoop newChild(
                        Executor executor, IoHandlerFactory factory, Object... arguments) {
                    return new SingleThreadIoEventLoop(this, executor, factory) {
                        @Override
                        public void execute(Runnable task) {
                            if (heldUp.compareAndSet(Thread.currentThread(), null)) {
                                inTheMiddle.countDown();
                                await(mayGoOn);
                            }
                            super.execute(task);
                        }
                    };
                }
            };

    private final MqttClient client = client(b -> b.eventLoops(NettyEventLoops.of(group)));
    private final ScriptedConnection connection = connect(client);

    @AfterEach
    @Override
    protected void endAll() {
        mayGoOn.countDown();
        super.endAll();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS), "in vain");
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting", e);
        }
    }

    /** Has another thread subscribe, which comes halfway. */
    private CompletableFuture<Subscribed> subscribeHalfway() {
        CompletableFuture<Subscribed> subscribed = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () ->
                                client.subscribe(EARLY, early)
                                        .whenComplete((s, failure) -> subscribed.complete(s)));
        heldUp.set(thread);
        thread.start();
        await(inTheMiddle);
        return subscribed;
    }

    @Test
    void handlerAndSessionAreOfTheSameSubscription() {
        var first = subscribeHalfway();
        var second = client.subscribe(LATE, late);
        mayGoOn.countDown();

        Subscribe one = connection.expect(Subscribe.class);
        connection.send(suback(one, ReasonCode.GRANTED_QOS_1));
        Subscribe two = connection.expect(Subscribe.class);
        connection.send(suback(two, ReasonCode.GRANTED_QOS_2));
        get(first);
        get(second);

        assertEquals(List.of(LATE), two.subscriptions());
        connection.send(atLeastOnce(1, "a", "for the last"));
        assertEquals("for the last", late.nextText());
        early.expectEmpty();
    }

    @Test
    void sessionHasNoSubscriptionWhoseHandlerWasTakenBack() {
        var subscribed = subscribeHalfway();
        var unsubscribed = client.unsubscribe("a");
        mayGoOn.countDown();

        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_1));
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(unsubscribed);
        get(subscribed);

        assertEquals(List.of(), client.session().subscriptions());
    }
}
