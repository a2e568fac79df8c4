package dev.holdfast.mqtt.impl.scenario;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.scenario.TraceTable.Column;
import dev.holdfast.mqtt.impl.transport.Link;
import dev.holdfast.mqtt.impl.transport.LinkListener;
import dev.holdfast.mqtt.spi.ClientSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One network connection, through the client's own codec to a strict reader: what a client must not
 * send is an error here.
 */
final class ScriptedWire implements Link {
    private final ScenarioRun run;
    private final URI address;
    private final LinkListener listener;
    private final Encoder encoder = new Encoder();
    private final Decoder decoder;
    private final ServerCodec server = new ServerCodec();
    private boolean open;
    private boolean reported;

    ScriptedWire(ScenarioRun run, ClientSettings settings, URI address, LinkListener listener) {
        this.run = run;
        this.address = address;
        this.listener = listener;
        decoder = new Decoder(settings.maximumPacketSize(), settings.topicAliasMaximum(), true);
    }

    void opens() {
        boolean usual = address.getHost().equals("server");
        run.trace(
                Column.WIRE,
                "→ opens a connection" + (usual ? "" : " to " + address.getAuthority()));
        open = true;
        listener.opened();
    }

    void refused() {
        run.trace(Column.WIRE, "× no connection");
        gone("no connection");
    }

    boolean isOpen() {
        return open;
    }

    @Override
    public void write(List<Packet> packets) {
        ByteBuf bytes = Unpooled.buffer();
        packets.forEach(p -> encoder.encode(p, bytes));
        ByteBuffer sent = bytes.nioBuffer();
        for (Packet p = server.decode(sent); p != null; p = server.decode(sent)) {
            run.trace(Column.WIRE, "→ " + Words.of(p));
        }
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void read(boolean on) {
        run.trace(Column.WIRE, on ? "→ reads on" : "→ reads no more");
    }

    @Override
    public void close() {
        if (open) {
            run.trace(Column.WIRE, "→ closes the connection");
        }
        open = false;
        run.loop.execute(() -> gone("closed by the client"));
    }

    void fromServer(Packet packet) {
        run.trace(Column.WIRE, "← " + Words.of(packet));
        ByteBuf bytes = Unpooled.wrappedBuffer(ServerCodec.encode(packet));
        int size = bytes.readableBytes();
        try {
            listener.received(decoder.decode(bytes));
        } catch (ProtocolViolation violation) {
            listener.violated(violation);
        }
        listener.readComplete(size);
    }

    void closedByServer() {
        run.trace(Column.WIRE, "← closes the connection");
        gone("closed by the server");
    }

    void cut() {
        run.trace(Column.WIRE, "× the connection breaks");
        gone("the connection broke");
    }

    private void gone(String why) {
        open = false;
        if (!reported) {
            reported = true;
            listener.closed(new MqttException.ConnectionLost(why, null, false));
        }
    }
}
