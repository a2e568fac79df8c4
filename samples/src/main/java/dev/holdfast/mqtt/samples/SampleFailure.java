package dev.holdfast.mqtt.samples;

/** Ends a recipe with a message for its user, and exit status 1. */
final class SampleFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SampleFailure(String message) {
        super(message);
    }

    SampleFailure(String message, Throwable cause) {
        super(message + ": " + reason(cause), cause);
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
