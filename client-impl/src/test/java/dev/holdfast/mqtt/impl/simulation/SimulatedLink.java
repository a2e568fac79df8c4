package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.transport.Link;
import dev.holdfast.mqtt.impl.transport.LinkListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One network connection, from the client's codec to the server's. */
final class SimulatedLink implements Link {
    private final Simulation sim;
    private final ClientRun client;
    private final String host;
    private final LinkListener listener;
    private final Sabotage.Wire sabotage;
    private final WireOracle oracle;
    private final Encoder encoder;
    private final Decoder decoder;
    private final ByteBuf received = Unpooled.buffer();
    private final Pipe up;
    private final ServerEnd fromClient = new ServerEnd();
    private final ClientEnd arrivals = new ClientEnd();
    private final Pipe down;
    private ServerConnection server;

    /** The CONNACK that counts for nothing before the client has verified the server. */
    private Connack unverified;

    /** Whether the client closed it. */
    private boolean closing;

    /** Whether the client's decoder has met something invalid. */
    private boolean deaf;

    private boolean silent;

    /** The Topic Aliases that the server has given. */
    private final Map<String, Integer> aliases = new HashMap<>();

    /** Whether the client takes what arrives. */
    private boolean reading = true;

    /** What the listener was last told of {@link #isWritable}. */
    private boolean writable = true;

    /** Whether the listener has had its last call. */
    private boolean reported;

    SimulatedLink(Simulation sim, ClientRun client, URI to, LinkListener listener) {
        this.sim = sim;
        this.client = client;
        this.host = to.getHost();
        this.listener = listener;
        sabotage = sim.sabotage.wire();
        encoder = sim.sabotage.keepsTopicAliases() ? client.onlyEncoder : new Encoder();
        oracle = new WireOracle(sim, client);
        decoder =
                sim.sabotage.keepsReceivedTopicAliases()
                        ? client.onlyDecoder
                        : new Decoder(
                                client.settings.maximumPacketSize(),
                                client.settings.topicAliasMaximum(),
                                true);
        up = new Pipe(sim, fromClient);
        down = new Pipe(sim, arrivals);
        long delay = sim.faults.delay(sim.faults.latency);
        if (!sim.faults.strike(sim.faults.refusal)) {
            sim.agenda.after(delay, this::connect);
        } else if (sim.chance.percent(60)) {
            sim.agenda.after(delay, () -> report("it was refused"));
        } else {
            sim.trace.say("network", "does not answer");
        }
    }

    /** Where the client believes to be connected to. */
    String host() {
        return host;
    }

    ClientRun client() {
        return client;
    }

    boolean isOnline() {
        return oracle.isOnline();
    }

    private void connect() {
        if (reported || closing || !client.isAlive()) {
            return;
        }
        sim.trace.say("network", "connection opened to ", host);
        server = sim.server.accept(this);
        if (sim.faults.cutEvery > 0) {
            sim.agenda.after(sim.chance.between(1, 2 * sim.faults.cutEvery), this::strike);
        }
        listener.opened();
    }

    /** Whether nobody can be heard on it: silent, cut, or one end is gone. */
    boolean isDead() {
        return silent || reported || closing || !client.isAlive();
    }

    private void strike() {
        if (reported || sim.faults.areOver()) {
            return;
        }
        if (sim.faults.strike(sim.faults.silence)) {
            fallSilent();
        } else {
            cut();
        }
    }

    /** In both directions, or in one. */
    private void fallSilent() {
        int direction = sim.chance.upTo(3);
        boolean onlyUp = direction == 0;
        boolean onlyDown = direction == 1;
        sim.trace.say(
                "network",
                "connection falls silent",
                onlyUp ? " towards the server" : onlyDown ? " towards the client" : "");
        silent = true;
        if (!onlyDown) {
            up.silence();
        }
        if (!onlyUp) {
            down.silence();
        }
    }

    /** The connection breaks, or its client is gone. */
    void cut() {
        if (server == null) {
            report("it could not be opened");
            return;
        }
        sim.trace.say("network", "connection breaks");
        up.cut();
        down.cut();
    }

    // ---- the client's calls

    @Override
    public void write(List<Packet> packets) {
        SimulationFailure.require(
                server != null && !closing, "The client writes to no connection: ", packets);
        ByteBuf bytes = Unpooled.buffer();
        for (Packet sent : sabotage.up(packets)) {
            sim.trace.say("client", "→ ", sent);
            oracle.written(sent);
            encoder.encode(sent, bytes);
        }
        byte[] all = new byte[bytes.readableBytes()];
        bytes.readBytes(all);
        up.write(all);
        writable = isWritable();
    }

    @Override
    public boolean isWritable() {
        return up.bytesUnderway() < sim.faults.sendBuffer || sim.faults.areOver();
    }

    @Override
    public void read(boolean on) {
        reading = on;
        if (on) {
            sim.agenda.after(0, arrivals::decode);
        }
    }

    @Override
    public void close() {
        if (closing || reported) {
            return;
        }
        sim.trace.say("client", "closes");
        closing = true;
        oracle.closed();
        if (server != null) {
            up.end();
        }
        if (!sim.faults.strike(20)) {
            down.abandon();
        }
        sim.agenda.after(sim.faults.delay(20), () -> report("it was closed"));
    }

    private void report(String what) {
        if (!reported && client.isAlive()) {
            sim.trace.say("network", "connection is gone: ", what);
            reported = true;
            oracle.closed();
            if (server != null) {
                up.end();
            }
            listener.closed(new MqttException.ConnectionLost(what, null, false));
        }
        reported = true;
    }

    /** What CONNACK said holds from now on, if one is being verified and the link still is. */
    void verified() {
        if (unverified != null && !closing && !reported) {
            SimulationFailure.require(server.limits != null, "The client believes a false server");
            oracle.connacked(server);
            client.connacked(server.announced());
            sim.outgoing.inForce(unverified);
            unverified = null;
        }
    }

    // ---- the server's calls

    void fromServer(Packet packet) {
        for (Packet sent : sabotage.down(packet)) {
            sim.trace.say("server", "→ ", sent);
            if (sent instanceof Connack c) {
                fromClient.codec = new ServerCodec(c.topicAliasMaximum());
            }
            down.write(sent instanceof Publish p ? encode(p) : ServerCodec.encode(sent));
        }
    }

    /** The lowest Topic Alias that was given to no topic on this connection. */
    int unknownAlias() {
        int alias = 1;
        while (aliases.containsValue(alias)) {
            alias++;
        }
        return alias;
    }

    /** With a Topic Alias, if the client allows any and chance wants it. */
    private byte[] encode(Publish p) {
        String topic = p.message().topic();
        Integer known = aliases.get(topic);
        int maximum = client.settings.topicAliasMaximum();
        if (maximum == 0 || sim.chance.percent(20)) {
            return ServerCodec.encode(p);
        } else if (known != null) {
            return ServerCodec.encodeUsingAlias(p, known);
        }
        int alias = sim.chance.between(1, maximum);
        aliases.values().removeIf(a -> a == alias);
        aliases.put(topic, alias);
        return ServerCodec.encodeSettingAlias(p, alias);
    }

    void fromServer(byte[] garbage) {
        down.write(garbage);
    }

    void closedByServer() {
        sim.trace.say("server", "closes");
        down.end();
    }

    // ---- arrivals

    private final class ServerEnd implements Pipe.Receiver {
        private ServerCodec codec = new ServerCodec();
        private ByteBuffer rest = ByteBuffer.allocate(0);

        @Override
        public void arrived(byte[] piece) {
            rest = ByteBuffer.allocate(rest.remaining() + piece.length).put(rest).put(piece).flip();
            for (Packet p = codec.decode(rest); p != null; p = codec.decode(rest)) {
                server.received(p);
            }
            if (!writable && isWritable() && !reported && client.isAlive()) {
                writable = true;
                listener.writabilityChanged();
            }
        }

        @Override
        public void ended() {
            server.gone();
        }
    }

    private final class ClientEnd implements Pipe.Receiver {
        /** Bytes that came since the client was told last. */
        private long fresh;

        @Override
        public void arrived(byte[] piece) {
            if (reported || !client.isAlive()) {
                return;
            }
            received.writeBytes(piece);
            fresh += piece.length;
            decode();
        }

        void decode() {
            if (!reading || reported || !client.isAlive()) {
                return;
            }
            try {
                for (Packet p = next(); p != null; p = next()) {
                    sim.trace.say("client", "← ", p);
                    if (p instanceof Connack c && !c.reason().isError()) {
                        encoder.connected(c);
                        oracle.verifying();
                        unverified = c;
                        if (c.authenticationMethod() == null) {
                            verified();
                        }
                    }
                    oracle.arrived(p);
                    if (p instanceof Puback a && isPlain(a)) {
                        listener.acknowledged(a.packetIdentifier());
                    } else {
                        listener.received(p);
                    }
                }
            } catch (ProtocolViolation v) {
                deaf = true;
                sim.trace.say("client", "← ", v.getMessage());
                if (!sim.sabotage.overlooksViolations()) {
                    listener.violated(v);
                }
            }
            received.discardReadBytes();
            long bytes = fresh;
            fresh = 0;
            listener.readComplete(bytes);
        }

        private boolean isPlain(Puback a) {
            return a.equals(new Puback(a.packetIdentifier(), ReasonCode.SUCCESS));
        }

        private Packet next() {
            return deaf ? null : decoder.decode(received);
        }

        @Override
        public void ended() {
            report("the other side closed it");
        }
    }
}
