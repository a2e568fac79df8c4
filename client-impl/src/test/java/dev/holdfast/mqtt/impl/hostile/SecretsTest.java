package dev.holdfast.mqtt.impl.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What nobody else may read is in no log at any level, in no {@code toString()} and in no message
 * of an exception: user names, passwords, authentication data, and what messages say.
 */
class SecretsTest {
    @TempDir private Path folder;

    @Test
    void tellsNoSecretHoweverMuchItTells() throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process life =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                                "-cp",
                                System.getProperty("java.class.path"),
                                SecretLife.class.getName())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            assertTrue(life.waitFor(50, TimeUnit.SECONDS), "It takes too long");
        } finally {
            life.destroyForcibly();
        }
        String text = Files.readString(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, life.exitValue(), text);

        // It was talkative, and does show what is no secret.
        for (String expected : SecretLife.SIGNS) {
            assertTrue(text.contains(expected), () -> expected + " does not show:\n" + text);
        }
        assertTrue(text.contains(" TRACE ") || text.contains(" DEBUG "), text);
        for (String secret : SecretLife.SECRETS) {
            for (String form : formsOf(secret)) {
                assertFalse(text.contains(form), () -> lineWith(text, form));
            }
        }
    }

    /** As it is, as a list of numbers, in hexadecimal digits, and in Base64. */
    private static List<String> formsOf(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.US_ASCII);
        StringBuilder numbers = new StringBuilder();
        for (byte b : bytes) {
            numbers.append(numbers.isEmpty() ? "" : ", ").append(b);
        }
        return List.of(
                secret,
                numbers.toString(),
                HexFormat.of().formatHex(bytes),
                HexFormat.ofDelimiter(" ").formatHex(bytes),
                Base64.getEncoder().withoutPadding().encodeToString(bytes));
    }

    private static String lineWith(String text, String form) {
        return text.lines().filter(l -> l.contains(form)).findFirst().orElse(form);
    }
}
