package inbox

// ReasonWord begins the reason of a refusal that a customer wrote; the word follows.
const ReasonWord = "WORD: "
