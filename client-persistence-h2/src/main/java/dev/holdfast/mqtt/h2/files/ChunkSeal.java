package dev.holdfast.mqtt.h2.files;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.h2.mvstore.DataUtils;
import org.jspecify.annotations.Nullable;

/**
 * A CRC32C over all of a chunk, kept in its footer. H2 gives a checksum to the footer alone, so it
 * takes other bytes between header and footer for what it wrote: rows would be missing without a
 * word. The footer is text with room to spare, and H2 passes over what it does not know in it.
 */
public final class ChunkSeal {
    /** Length of a footer, which ends a chunk. */
    static final int FOOTER = 128;

    private static final String CHECKSUM_OF_FOOTER = ",fletcher:";
    private static final String SEAL = "crc32c";
    private static final int HEXADECIMAL = 16;

    private ChunkSeal() {}

    /** Seals a chunk that is about to be written, from position to limit. */
    static void put(ByteBuffer chunk) {
        int footer = chunk.limit() - FOOTER;
        @Nullable String text = footer < chunk.position() ? null : footer(chunk);
        if (text == null) {
            throw new IllegalStateException(
                    "H2 wrote "
                            + chunk.remaining()
                            + " bytes that are no chunk; its format is not the one known here");
        }
        StringBuilder sealed = new StringBuilder(FOOTER).append(unsealed(text));
        DataUtils.appendMap(sealed, SEAL, checksum(chunk, sealed.toString()));
        byte[] line = withChecksum(sealed.toString());
        byte[] block = new byte[FOOTER];
        Arrays.fill(block, (byte) ' ');
        block[FOOTER - 1] = '\n';
        System.arraycopy(line, 0, block, 0, line.length);
        chunk.duplicate().position(footer).put(block);
    }

    /**
     * Whether a chunk is what was written. What was written by other means than this library has no
     * seal, and only its footer can be looked at.
     *
     * @param chunk from position to limit
     * @return false if a checksum is wrong
     */
    public static boolean isWhole(ByteBuffer chunk) {
        @Nullable String text = chunk.remaining() < FOOTER ? null : footer(chunk);
        if (text == null) {
            return false;
        }
        int seal = text.lastIndexOf("," + SEAL + ":");
        if (seal < 0) {
            return true;
        }
        String value = text.substring(seal + SEAL.length() + 2);
        return value.equals(Integer.toHexString(checksum(chunk, text.substring(0, seal))));
    }

    private static String unsealed(String footer) {
        int seal = footer.lastIndexOf("," + SEAL + ":");
        return seal < 0 ? footer : footer.substring(0, seal);
    }

    private static @Nullable String footer(ByteBuffer chunk) {
        byte[] block = new byte[FOOTER];
        chunk.duplicate().position(chunk.limit() - FOOTER).get(block);
        return checked(block);
    }

    /** The text of a footer or of a store header with its checksum, as a line. */
    static byte[] withChecksum(String text) {
        byte[] bytes = bytes(text);
        StringBuilder line = new StringBuilder(text);
        DataUtils.appendMap(line, "fletcher", DataUtils.getFletcher32(bytes, 0, bytes.length));
        return bytes(line.append('\n').toString());
    }

    /**
     * The text of a footer or of a store header before its checksum.
     *
     * @param block text, checksum, and what fills it up
     * @return null if the checksum is wrong
     */
    public static @Nullable String checked(byte[] block) {
        String text = new String(block, StandardCharsets.ISO_8859_1).trim();
        int end = text.indexOf(CHECKSUM_OF_FOOTER);
        if (end < 0 || block[0] <= ' ') {
            return null;
        }
        try {
            String value = text.substring(end + CHECKSUM_OF_FOOTER.length());
            int expected = Integer.parseUnsignedInt(value, HEXADECIMAL);
            return expected == DataUtils.getFletcher32(block, 0, end)
                    ? text.substring(0, end)
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static int checksum(ByteBuffer chunk, String footer) {
        CRC32C crc = new CRC32C();
        crc.update(chunk.duplicate().limit(chunk.limit() - FOOTER));
        crc.update(bytes(footer));
        return (int) crc.getValue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
