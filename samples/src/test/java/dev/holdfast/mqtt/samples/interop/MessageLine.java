package dev.holdfast.mqtt.samples.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import java.time.Duration;
import java.util.HexFormat;

/**
 * A message as a line of text, for programs: fields with a bar between them, the payload in hex.
 * Names and values must do without bars, colons and spaces.
 */
final class MessageLine {
    /** The line as the option -F of mosquitto_sub says it. */
    static final String FORMAT = "MESSAGE %q|%r|%t|%F|%E|%C|%R|%D|%P|%x";

    private MessageLine() {}

    /** Reads what stands behind {@code MESSAGE}. */
    static Message parse(String line) {
        String[] fields = line.split("\\|", -1);
        Message.Builder message =
                Message.to(fields[2])
                        .qos(QoS.values()[Integer.parseInt(fields[0])])
                        .retain(fields[1].equals("1"))
                        .utf8Payload(fields[3].equals("1"))
                        .payload(HexFormat.of().parseHex(fields[9]));
        if (!fields[4].isEmpty()) {
            message.expiry(Duration.ofSeconds(Long.parseLong(fields[4])));
        }
        if (!fields[5].isEmpty()) {
            message.contentType(fields[5]);
        }
        if (!fields[6].isEmpty()) {
            message.responseTopic(fields[6]);
        }
        if (!fields[7].isEmpty()) {
            message.correlationData(fields[7].getBytes(UTF_8));
        }
        if (!fields[8].isEmpty()) {
            for (String property : fields[8].strip().split(" ")) {
                message.userProperty(
                        property.substring(0, property.indexOf(':')),
                        property.substring(property.indexOf(':') + 1));
            }
        }
        return message.build();
    }

    /** Writes the same line. */
    static String of(Message m) {
        StringBuilder properties = new StringBuilder();
        m.userProperties()
                .forEach(
                        p -> properties.append(p.name()).append(':').append(p.value()).append(' '));
        return String.join(
                "|",
                Integer.toString(m.qos().ordinal()),
                m.retain() ? "1" : "0",
                m.topic(),
                m.utf8Payload() ? "1" : "",
                m.expiry().map(expiry -> Long.toString(expiry.toSeconds())).orElse(""),
                m.contentType().orElse(""),
                m.responseTopic().orElse(""),
                m.correlationData().map(data -> UTF_8.decode(data).toString()).orElse(""),
                properties.toString().strip(),
                HexFormat.of().formatHex(m.payloadBytes()));
    }
}
