package dev.holdfast.mqtt.h2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * CRC32C over the columns of a row: H2 keeps no checksum of what its pages hold. Used over and over
 * by one thread.
 */
final class RowChecksum {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    /** Starts a row with its primary key. */
    RowChecksum row(long key) {
        crc.reset();
        return add(key);
    }

    RowChecksum add(long value) {
        crc.update(number.putLong(0, value).array());
        return this;
    }

    RowChecksum add(boolean value) {
        return add(value ? 1 : 0);
    }

    RowChecksum add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    RowChecksum add(byte @Nullable [] bytes) {
        if (bytes == null) {
            return add(-1);
        }
        add(bytes.length);
        crc.update(bytes);
        return this;
    }

    int value() {
        return (int) crc.getValue();
    }
}
