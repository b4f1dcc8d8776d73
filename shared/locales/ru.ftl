# Every error in Russian. A key is a code of the protocol; docs/CONTRIBUTING.md says how a language is written.

## Parts of other messages

wait = { $unit ->
    [second] { $count ->
        [one] через { $count } секунду
        [few] через { $count } секунды
        [many] через { $count } секунд
       *[other] через { $count } секунды
    }
    [minute] { $count ->
        [one] через { $count } минуту
        [few] через { $count } минуты
        [many] через { $count } минут
       *[other] через { $count } минуты
    }
    [hour] { $count ->
        [one] через { $count } час
        [few] через { $count } часа
        [many] через { $count } часов
       *[other] через { $count } часа
    }
    [day] { $count ->
        [one] через { $count } день
        [few] через { $count } дня
        [many] через { $count } дней
       *[other] через { $count } дня
    }
   *[later] позже
}

## Frames, bodies and fields

malformed_frame = Сообщение протокола должно быть объектом JSON с полем type.
unknown_type = Такой тип сообщения протокола неизвестен.
malformed_body = Тело запроса должно быть объектом JSON.
invalid_field = Поле { $field } отсутствует или заполнено неверно.

## Messages

message_empty = Сообщение пустое.
message_too_large = Сообщение слишком длинное: допускается не больше { $max ->
    [one] { $max } байта
    [few] { $max } байт
    [many] { $max } байт
   *[other] { $max } байта
}.
metadata_too_large = Метаданные слишком большие: допускается не больше { $max ->
    [one] { $max } байта
    [few] { $max } байт
    [many] { $max } байт
   *[other] { $max } байта
}.
idempotency_conflict = Этот id уже использован для другого сообщения.
message_not_found = Такого сообщения в этой беседе нет.
conflict = Кто-то опередил вас. Посмотрите, что изменилось.
reset = Загрузите эту беседу заново.

## Sessions and members

invalid_session_id = Это не идентификатор беседы.
not_a_member = Вы не участвуете в этой беседе.
forbidden = Ваша роль этого не позволяет.
session_expired = Эта беседа завершена.
user_not_found = Такого пользователя нет.
invite_invalid = Приглашение недействительно или больше не действует.
limit_reached = Больше создать нельзя: достигнут лимит.
not_found = Здесь ничего нет.

## Signing in

unauthorized = Сначала войдите.
token_expired = Срок действия токена доступа истёк. Обновите его.
invalid_credentials = Неверный адрес электронной почты или пароль.
email_taken = Этот адрес электронной почты уже занят.
already_signed_up = Этот пользователь уже зарегистрирован.
invalid_email = Это не адрес электронной почты.
invalid_password = Длина пароля — от { $min } до { $max } символов.
refresh_token_invalid = Токен обновления недействителен. Войдите снова.
refresh_token_reused = Токен обновления уже был использован. Войдите снова.
ticket_invalid = Билет недействителен.
ticket_expired = Срок действия билета истёк. Запросите новый.
ticket_used = Билет уже был использован. Запросите новый.

## Limits and faults

rate_limited = Слишком много запросов. Повторите попытку { wait }.
quota_exceeded = Лимит сообщений на сегодня исчерпан. Повторите попытку { wait }.
unavailable = Сервис временно недоступен. Повторите попытку.
internal = У нас что-то пошло не так.
