package dev.holdfast.mqtt.benchmarks;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientPersistence;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.client.persist.MqttDefaultFilePersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttPersistable;
import org.eclipse.paho.mqttv5.common.MqttPersistenceException;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

final class PahoPeer implements Peer {
    /** Or it writes two lines to the console for each message at QoS 2. */
    private static final Logger LOG = Logger.getLogger("org.eclipse.paho.mqttv5.client");

    static {
        LOG.setLevel(Level.OFF);
    }

    private final MqttAsyncClient client;
    private final MqttClientPersistence persistence;
    private long atLeastOnce;

    PahoPeer(Kind kind, String name, int port, Path folder) throws MqttException {
        persistence =
                kind == Kind.PAHO_FILE
                        ? new Files(folder.resolve("paho").toString())
                        : new MemoryPersistence();
        client = new MqttAsyncClient("tcp://127.0.0.1:" + port, name, persistence);
    }

    /** Counts the files it writes, since all that is published should be in one. */
    private static final class Files extends MqttDefaultFilePersistence {
        private final AtomicLong written = new AtomicLong();

        Files(String folder) {
            super(folder);
        }

        @Override
        public void put(String key, MqttPersistable message) throws MqttPersistenceException {
            super.put(key, message);
            written.incrementAndGet();
        }
    }

    @Override
    public void connect() throws MqttException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(false);
        options.setSessionExpiryInterval(3_600L);
        options.setReceiveMaximum(20_000);
        client.connect(options).waitForCompletion();
    }

    @Override
    public void publish(String topic, int qos, byte[] payload, Runnable done) throws MqttException {
        atLeastOnce += qos > 0 ? 1 : 0;
        MqttMessage message = new MqttMessage(payload, qos, false, new MqttProperties());
        client.publish(topic, message, null, new Done(done));
    }

    private record Done(Runnable done) implements MqttActionListener {
        @Override
        public void onSuccess(IMqttToken token) {
            done.run();
        }

        @Override
        public void onFailure(IMqttToken token, Throwable failure) {
            Failures.stopAt(failure);
        }
    }

    @Override
    public void subscribe(String topicFilter, IntConsumer received) throws MqttException {
        client.setCallback(new Received(received));
        client.subscribe(topicFilter, 2).waitForCompletion();
    }

    /** A listener of one subscription fails without Subscription Identifiers. */
    private record Received(IntConsumer received) implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            received.accept(message.getPayload().length);
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            Failures.stopAt(response.getException());
        }

        @Override
        public void mqttErrorOccurred(MqttException failure) {
            Failures.stopAt(failure);
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String server) {}

        @Override
        public void authPacketArrived(int reason, MqttProperties properties) {}
    }

    @Override
    public void unsubscribe(String topicFilter) throws MqttException {
        client.unsubscribe(topicFilter).waitForCompletion();
    }

    @Override
    public void close() throws MqttException {
        if (persistence instanceof Files files && files.written.get() < atLeastOnce) {
            throw new IllegalStateException(
                    "Paho has written "
                            + files.written
                            + " files for "
                            + atLeastOnce
                            + " messages");
        }
        client.setCallback(null);
        client.disconnectForcibly(1_000);
        client.close();
    }
}
