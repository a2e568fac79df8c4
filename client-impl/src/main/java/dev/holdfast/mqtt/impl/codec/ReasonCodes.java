package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.ReasonCode;
import java.util.EnumSet;
import java.util.Set;

/** The Reason Codes that each packet may carry, by the tables of chapter 3. */
final class ReasonCodes {
    static final Set<ReasonCode> CONNACK =
            of(
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C,
                    0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F);
    static final Set<ReasonCode> PUBACK_OR_PUBREC =
            of(0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);
    static final Set<ReasonCode> PUBREL_OR_PUBCOMP = of(0x00, 0x92);
    static final Set<ReasonCode> SUBACK =
            of(0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2);
    static final Set<ReasonCode> UNSUBACK = of(0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91);

    /** 0x8C is in the standard's overview of the codes and not in the table of DISCONNECT. */
    static final Set<ReasonCode> DISCONNECT_FROM_SERVER =
            of(
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90,
                    0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F,
                    0xA0, 0xA1, 0xA2);

    static final Set<ReasonCode> AUTH_FROM_SERVER = of(0x00, 0x18);

    static final Set<ReasonCode> PUBACK_OR_PUBREC_FROM_CLIENT =
            of(0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);

    /** 0x9B is the server's by the table of DISCONNECT, but section 3.3.4 has clients send it. */
    static final Set<ReasonCode> DISCONNECT_FROM_CLIENT =
            of(
                    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
                    0x99, 0x9B);

    static final Set<ReasonCode> AUTH_FROM_CLIENT = of(0x18, 0x19);

    private ReasonCodes() {}

    private static Set<ReasonCode> of(int... values) {
        Set<ReasonCode> codes = EnumSet.noneOf(ReasonCode.class);
        for (int value : values) {
            ReasonCode code = ReasonCode.of(value);
            if (code == null) {
                throw new IllegalArgumentException(
                        "No Reason Code 0x" + Integer.toHexString(value));
            }
            codes.add(code);
        }
        return codes;
    }
}
