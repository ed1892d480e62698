package dev.sayiir.codec;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import tools.jackson.core.io.NumberOutput;

/** Floats as Rust writes them: the fewest digits that still give the same float, and {@code 2.0} rather than {@code 2}. */
final class FloatText {

    private static final MathContext ONE_DIGIT = new MathContext(1, RoundingMode.HALF_EVEN);

    private FloatText() {}

    static String of(float value) {
        if (value == 0) {
            return Float.floatToRawIntBits(value) < 0 ? "-0.0" : "0.0";
        }
        return laidOut(shortest(value));
    }

    /** {@code Float.toString} of JDK 17 gives more digits than needed at times; Jackson's writer only where one would do. */
    private static BigDecimal shortest(float value) {
        BigDecimal atMostOneTooMany = new BigDecimal(NumberOutput.toString(value, true)).stripTrailingZeros();
        BigDecimal oneDigit = atMostOneTooMany.round(ONE_DIGIT);
        boolean oneWillDo = atMostOneTooMany.precision() == 2 && oneDigit.floatValue() == value;
        return oneWillDo ? oneDigit.stripTrailingZeros() : atMostOneTooMany;
    }

    private static String laidOut(BigDecimal value) {
        int beforePoint = value.precision() - value.scale();
        if (beforePoint > -6 && beforePoint <= 13) {
            return value.scale() > 0 ? value.toPlainString() : value.toPlainString() + ".0";
        }
        String sign = value.signum() < 0 ? "-" : "";
        String digits = value.unscaledValue().abs().toString();
        String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
        return sign + digits.charAt(0) + fraction + "e" + (beforePoint - 1);
    }
}
